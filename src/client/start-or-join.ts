import { type Client, WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { type EvidenceInput, readEvidence } from '../domain/people/operator-inputs.ts';
import type { RollbackRequest } from '../domain/request/request.ts';
import { AnswerRefused, RunNotOpen } from './answer-errors.ts';
import { addEvidence } from './answers.ts';
import { describeRun } from './described-run.ts';
import type { RunHandle, RunWorkflow } from './run-handle.ts';

/** What of a request another run can take over. */
type Known = Pick<RollbackRequest, 'requestedBy' | 'reason' | 'symptoms' | 'incident'>;

/** How often a run that closes while it is joined is followed by another start. */
const TRIES = 5;

/**
 * Starts a run, or hands over what the request knows to the run of the same workflow id that is under way.
 * @throws AnswerRefused when the request's texts are none that a run would take.
 */
export async function startOrJoin(
  client: Client,
  request: Known,
  start: () => Promise<RunHandle>,
): Promise<RunHandle> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await start();
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      const joined = await join(client, error.workflowId, request);
      if (joined) return joined;
      if (attempt === TRIES) throw error;
    }
  }
}

/** @returns nothing when the run has closed meanwhile. */
async function join(client: Client, workflowId: string, request: Known): Promise<RunHandle | undefined> {
  const evidence = evidenceIn(request, workflowId);
  const read = readEvidence(evidence);
  if ('problem' in read) throw new AnswerRefused(workflowId, read.problem);
  const { runId, status } = await describeRun(client, workflowId);
  if (status !== 'RUNNING') return undefined;
  const handle = client.workflow.getHandle<RunWorkflow>(workflowId, runId);
  try {
    await addEvidence(client, workflowId, evidence, { runId });
    return Object.assign(handle, { runId, joined: true });
  } catch (error) {
    if (error instanceof RunNotOpen) return undefined;
    if (!(error instanceof AnswerRefused)) throw error;
    // It is being closed, and takes nothing more: the next start comes after its end.
    await handle.result().catch(() => undefined);
    return undefined;
  }
}

function evidenceIn(request: Known, workflowId: string): EvidenceInput {
  const { requestedBy, reason, symptoms = [], incident } = request;
  return {
    by: requestedBy || workflowId.slice(0, 100),
    reason: reason || 'asked for the same rollback',
    symptoms,
    ...(incident ? { incident } : {}),
  };
}
