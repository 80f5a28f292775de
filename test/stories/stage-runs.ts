import { type Client, WorkflowFailedError } from '@temporalio/client';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import type { NativeConnection } from '@temporalio/worker';
import { reportOfFailure } from '../../src/cli/follow.ts';
import { startRollback, startVerify } from '../../src/client/index.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { RunReport } from '../../src/domain/ledger/ledger.ts';
import type { RollbackRequest, VerifyRequest } from '../../src/domain/request/request.ts';
import { type RunningWorker, startWorker } from '../../src/wiring/start-worker.ts';

/** What can be asked of the runbook for the service of one story, whatever the target is. */
export interface CastRuns {
  readonly taskQueue: string;
  verify(request?: VerifyRequest): Promise<RunReport>;
  /** Runs a rollback to its end; a failed run gives its report too. */
  rollback(request?: unknown): Promise<RunReport>;
  start(request?: unknown): ReturnType<typeof startRollback>;
  end(handle: { result(): Promise<unknown> }): Promise<RunReport>;
  /** The exported history of a run, as a file holds it. */
  history(workflowId: string): Promise<string>;
}

/** Runs on a queue of the story's own. @param name is part of every workflow id. */
export function castRuns(client: Client, name: string, taskQueue: string): CastRuns {
  let runs = 0;
  const next = (kind: string) => {
    runs += 1;
    return { taskQueue, workflowId: `${kind}/${name}/${runs}` };
  };
  const start: CastRuns['start'] = (request = {}) =>
    startRollback(client, request as RollbackRequest, next('rollback'));
  const end: CastRuns['end'] = async (handle) => {
    try {
      return (await handle.result()) as RunReport;
    } catch (error) {
      const report = error instanceof WorkflowFailedError ? reportOfFailure(error) : undefined;
      if (!report) throw error;
      return report;
    }
  };
  return {
    taskQueue,
    verify: async (request = {}) => end(await startVerify(client, request, next('verify'))),
    rollback: async (request = {}) => end(await start(request)),
    start,
    end,
    history: async (workflowId) => historyToJSON(await client.workflow.getHandle(workflowId).fetchHistory()),
  };
}

/** A worker in this process. */
export async function workerFor(
  connection: NativeConnection,
  configFile: string,
  taskQueue: string,
  env: Readonly<Record<string, string>> = {},
): Promise<RunningWorker> {
  return startWorker({
    config: await loadConfig(configFile),
    connection,
    namespace: 'default',
    env,
    log: (line) => process.stderr.write(`${line}\n`),
    taskQueue,
  });
}
