import { Client, Connection } from '@temporalio/client';
import { DefaultLogger, NativeConnection, Runtime } from '@temporalio/worker';

/** The ways to a Temporal server that the stories of a file share. */
export interface TemporalClients {
  readonly client: Client;
  readonly native: NativeConnection;
  close(): Promise<void>;
}

export async function connectTemporal(address: string): Promise<TemporalClients> {
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

/** Keeps the worker's own log out of the tests' output. */
export function quietRuntime(): void {
  try {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
  } catch {
    // Installed by an earlier stage of the same file.
  }
}
