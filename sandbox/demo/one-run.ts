import type { WorkflowHandle } from '@temporalio/client';
import { follow } from '../../src/cli/follow.ts';
import type { Session } from '../../src/cli/session/session.ts';
import { startRollback } from '../../src/client/index.ts';
import type { RunReport } from '../../src/domain/ledger/ledger.ts';
import type { RollbackRequest } from '../../src/domain/request/request.ts';
import { SERVICE_PROFILE } from './story.ts';

/** A run of the story that is over. */
export interface ToldRun {
  readonly report: RunReport;
  readonly handle: WorkflowHandle;
  /** Its page in the Temporal UI. */
  readonly link: string | undefined;
}

/** Rolls back and tells it step by step. @throws the signal's reason when it aborts. */
export async function rollBack(
  session: Session,
  request: Omit<RollbackRequest, 'service' | 'requestedBy'>,
  signal: AbortSignal,
): Promise<ToldRun> {
  const { client } = session;
  const handle = await startRollback(client, { ...request, service: SERVICE_PROFILE, requestedBy: 'demo' });
  const { runId } = await handle.describe();
  const link = session.link(handle.workflowId, runId);
  const options = { output: process.stdout, signal, ...(link ? { link } : {}) };
  return { report: await follow(client, handle.workflowId, runId, options), handle, link };
}
