import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { locateTool, stateFolder } from '../../../tools/index.ts';
import { openProcesses } from '../../../tools/processes/index.ts';
import { startTemporalServer, type TemporalServer } from '../../../tools/temporal-server.ts';
import { runAddress } from '../../client/ui-address.ts';
import { loadConfig } from '../../config/load.ts';
import type { RunbookConfig } from '../../config/profile.ts';
import { type HeldLockFile, takeLockFile } from '../../locks/lock-file.ts';
import { startWorker } from '../../wiring/start-worker.ts';
import { installRuntime } from '../../wiring/worker-log.ts';
import { CommandError, EXIT } from '../errors/exit-codes.ts';
import { err } from '../show/terminal.ts';
import { CHANNEL } from './channel.ts';
import type { Session, SessionOptions } from './session.ts';

/**
 * Embedded mode: a Temporal dev server on a database file and the worker, both inside this command. It is the
 * default for one machine, and the way to go on the day that the Temporal cluster itself is down. A run that was
 * interrupted stands in the file and goes on with the next embedded command.
 */
export async function openEmbedded(options: SessionOptions): Promise<Session> {
  const config = await loadConfig(options.config ?? 'runbook.yaml');
  const progress = err.line;
  const { path } = await locateTool('temporal', { progress });
  const folder = stateFolder(process.env);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  // It may have been made before, with whatever the umask allows.
  await chmod(folder, 0o700);
  const lock = await takeDatabase(join(folder, 'temporal.lock'));
  const processes = await openProcesses();
  const close = async () => {
    await processes.close();
    await lock.release();
  };
  try {
    // The command itself answers Ctrl-C; a runtime that did would leave it without its worker.
    installRuntime({ logsExpected: false, shutdownSignals: [] });
    const databaseFile = join(folder, 'temporal.db');
    const server = await startTemporalServer(processes, path, { ui: true, databaseFile, fsync: true });
    const session = await openOn(server, config, progress);
    return {
      ...session,
      async [Symbol.asyncDispose]() {
        await session[Symbol.asyncDispose]();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Two servers on one database file would destroy it: a silent owner is an owner, on whatever machine it is. */
async function takeDatabase(file: string): Promise<HeldLockFile> {
  try {
    const { signal } = new AbortController();
    return await takeLockFile(file, { signal, waitMs: 500, silentMs: Number.POSITIVE_INFINITY });
  } catch (error) {
    if ((error as Error).name !== 'TimeoutError') throw error;
    throw new CommandError(EXIT.busy, `another embedded command is running on this machine (${file})`);
  }
}

/** A client and a worker in this process, on a server that is already there. */
export async function openOn(
  server: Pick<TemporalServer, 'address' | 'namespace' | 'uiUrl'>,
  config: RunbookConfig,
  log: (line: string) => void,
): Promise<Session> {
  const { address, namespace, uiUrl } = server;
  const [connection, native] = await Promise.all([
    Connection.connect({ address, channelArgs: CHANNEL }),
    NativeConnection.connect({ address }),
  ]);
  const worker = await startWorker({
    config,
    connection: native,
    namespace,
    env: process.env,
    log,
    ...(uiUrl ? { ui: uiUrl } : {}),
  });
  const [onlyService, ...others] = Object.keys(config.services);
  return {
    client: new Client({ connection, namespace }),
    namespace,
    embedded: true,
    ...(onlyService !== undefined && others.length === 0 ? { onlyService } : {}),
    prefix: `TEMPORAL_ADDRESS=${address} `,
    // It is in this process.
    expectWorker: async () => undefined,
    link: (workflowId, runId) => runAddress(uiUrl, namespace, workflowId, runId),
    async [Symbol.asyncDispose]() {
      await worker.stop();
      await Promise.all([connection.close(), native.close()]);
    },
  };
}
