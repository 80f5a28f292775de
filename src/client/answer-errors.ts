import { WorkflowNotFoundError } from '@temporalio/client';

/** A run did not take what was sent: it does not fit the moment. Nothing of it stands in the run. */
export class AnswerRefused extends Error {
  override readonly name = 'AnswerRefused';
  readonly workflowId: string;

  /** @param message what is wrong, and what is possible now: the words of the run itself. */
  constructor(workflowId: string, message: string) {
    super(message);
    this.workflowId = workflowId;
  }
}

/** There is no such run, or it has closed: nobody takes an answer any more. */
export class RunNotOpen extends Error {
  override readonly name = 'RunNotOpen';
  readonly workflowId: string;

  constructor(workflowId: string, options?: ErrorOptions) {
    super(`there is no run ${workflowId} that is under way`, options);
    this.workflowId = workflowId;
  }
}

/**
 * No worker has taken the answer in time, or Temporal is away. A worker that comes later may take it all the same: send
 * it again with the same `updateId`, and it counts once.
 */
export class RunUnanswered extends Error {
  override readonly name = 'RunUnanswered';
  readonly workflowId: string;
  readonly updateId: string;

  constructor(workflowId: string, updateId: string, options?: ErrorOptions) {
    super(
      `nobody has answered for ${workflowId}: no worker, or no Temporal; the answer may still be taken (update id ${updateId})`,
      options,
    );
    this.workflowId = workflowId;
    this.updateId = updateId;
  }
}

/** Turns the server's "not found" into {@link RunNotOpen}. */
export function asNotOpen(workflowId: string, error: unknown): unknown {
  return error instanceof WorkflowNotFoundError ? new RunNotOpen(workflowId, { cause: error }) : error;
}
