import { mkdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import { locateTool } from '../../tools/index.ts';
import { openProcesses } from '../../tools/processes/index.ts';
import { startTemporalServer, type TemporalServer } from '../../tools/temporal-server.ts';
import { runAddress } from '../client/ui-address.ts';
import { loadConfig } from '../config/load.ts';
import type { RunbookConfig } from '../domain/profile.ts';
import { startWorker } from '../wiring/start-worker.ts';
import type { Session, SessionOptions } from './session.ts';

/**
 * Embedded mode: a Temporal dev server on a database file and the worker, both inside this command. It is the
 * default for one machine, and the way out on the day that the Temporal cluster itself is down.
 */
export async function openEmbedded(options: SessionOptions): Promise<Session> {
  const config = await loadConfig(options.config ?? 'runbook.yaml');
  const progress = (line: string) => process.stderr.write(`${line}\n`);
  const { path } = await locateTool('temporal', { progress });
  const folder = join(process.env.XDG_STATE_HOME ?? join(homedir(), '.local', 'state'), 'rollback-runbook');
  await mkdir(folder, { recursive: true });
  const processes = await openProcesses();
  try {
    const server = await startTemporalServer(processes, path, {
      ui: true,
      databaseFile: join(folder, 'temporal.db'),
    });
    const session = await openOn(server, config, progress);
    return {
      ...session,
      async [Symbol.asyncDispose]() {
        await session[Symbol.asyncDispose]();
        await processes.close();
      },
    };
  } catch (error) {
    await processes.close();
    throw error;
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
    Connection.connect({ address }),
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
  return {
    client: new Client({ connection, namespace }),
    namespace,
    link: (workflowId, runId) => runAddress(uiUrl, namespace, workflowId, runId),
    async [Symbol.asyncDispose]() {
      await worker.stop();
      await Promise.all([connection.close(), native.close()]);
    },
  };
}
