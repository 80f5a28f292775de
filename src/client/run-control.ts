import type { Client } from '@temporalio/client';
import type { RunReport } from '../domain/ledger/ledger.ts';
import type { Waiting } from '../domain/people/waiting.ts';
import { asNotOpen, RunUnanswered } from './answer-errors.ts';
import { ANSWER_WITHIN_MS, type AnswerOptions, addNote } from './answers.ts';

/** The report so far; needs a running worker. */
export function reportOf(client: Client, workflowId: string, runId?: string): Promise<RunReport> {
  return client.workflow.getHandle(workflowId, runId).query<RunReport>('report');
}

/** What a run waits for a person with; undefined when it waits for nobody. Needs a running worker. */
export async function waitingFor(
  client: Client,
  workflowId: string,
  runId?: string,
): Promise<Waiting | undefined> {
  return (await reportOf(client, workflowId, runId)).waitingFor;
}

/** Who cancels a run, and why. */
export interface CancellationInput {
  readonly by: string;
  readonly reason?: string;
}

/**
 * Cancels a run: a note with who and why, then the cancellation itself. It is a request: the run first comes to the end
 * that its profile asks for (`onCancel`), tells people and writes the record.
 * @returns whether the note stands in the ledger: without a worker it may not, and the run is cancelled all the same.
 * @throws AnswerRefused when the run is being closed, or the note is wrong; RunNotOpen.
 */
export async function cancelRun(
  client: Client,
  workflowId: string,
  { by, reason }: CancellationInput,
  options: AnswerOptions = {},
): Promise<{ readonly noted: boolean }> {
  const noted = await addNote(
    client,
    workflowId,
    { note: reason ? `cancels the run: ${reason}` : 'cancels the run', by },
    options,
  ).then(
    () => true,
    (error: unknown) => {
      if (error instanceof RunUnanswered) return false;
      throw error;
    },
  );
  try {
    const handle = client.workflow.getHandle(workflowId, options.runId);
    await client.withDeadline(Date.now() + (options.withinMs ?? ANSWER_WITHIN_MS), () => handle.cancel());
  } catch (error) {
    throw asNotOpen(workflowId, error);
  }
  return { noted };
}
