import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';

/** The ways to a Temporal server that the stories of a file share. */
export interface TemporalClients {
  readonly client: Client;
  readonly native: NativeConnection;
  close(): Promise<void>;
}

async function connectTemporal(address: string): Promise<TemporalClients> {
  const [connection, native] = await Promise.all([
    Connection.connect({ address }),
    NativeConnection.connect({ address }),
  ]);
  return {
    client: new Client({ connection }),
    native,
    close: async () => void (await Promise.all([connection.close(), native.close()])),
  };
}

/** What a stage closes with its services. */
interface Closable {
  close(): Promise<void>;
}

/** A sandbox with connections to its Temporal server, and services of their own for the stories of a file. */
export async function openStageOn<
  S extends Closable & { readonly temporal: { readonly address: string } },
  C extends Closable,
  O,
>(
  open: () => Promise<S>,
  openCast: (
    stage: { readonly sandbox: S } & TemporalClients,
    name: string,
    options: Partial<O>,
  ) => Promise<C>,
) {
  quietRuntime();
  const sandbox = await open();
  const clients = await connectTemporal(sandbox.temporal.address);
  const casts: C[] = [];
  return {
    sandbox,
    ...clients,
    async cast(name: string, options: Partial<O> = {}) {
      const cast = await openCast({ sandbox, ...clients }, name, options);
      casts.push(cast);
      return cast;
    },
    async close() {
      await Promise.all(casts.map((cast) => cast.close()));
      await clients.close();
      await sandbox.close();
    },
  };
}

/** Keeps the worker's own log out of the tests' output. */
function quietRuntime(): void {
  try {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
  } catch {
    // Installed by an earlier stage of the same process.
  }
}
