import {
  type Client,
  isGrpcServiceError,
  isRetryableError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type { RunEvent } from '../domain/people/events.ts';
import type { OperatorInputs, OperatorUpdate } from '../domain/people/operator-events.ts';
import { AnswerRefused, asNotOpen, RunUnanswered } from './answer-errors.ts';

export interface AnswerOptions {
  /** The run of that workflow id; default: the one that is under way. */
  readonly runId?: string;
  /** Makes a repetition harmless: one answer is taken once, however often it is sent. Default: a new one. */
  readonly updateId?: string;
  /** How long a worker may take, in ms. Default: 10 s. */
  readonly withinMs?: number;
}

/** How long a worker may take unless told otherwise, in ms. */
export const ANSWER_WITHIN_MS = 10_000;

/**
 * Sends a run what a person says, and waits until it stands in its ledger.
 * @returns the line of the ledger.
 * @throws AnswerRefused with what is possible now; RunNotOpen; RunUnanswered when no worker answers.
 */
export async function sendAnswer<U extends OperatorUpdate>(
  client: Client,
  workflowId: string,
  update: U,
  input: OperatorInputs[U],
  options: AnswerOptions = {},
): Promise<RunEvent> {
  const { runId, updateId = globalThis.crypto.randomUUID(), withinMs = ANSWER_WITHIN_MS } = options;
  const handle = client.workflow.getHandle(workflowId, runId);
  try {
    return await client.withDeadline(Date.now() + withinMs, () =>
      handle.executeUpdate<RunEvent, [OperatorInputs[U]]>(update, { args: [input], updateId }),
    );
  } catch (error) {
    if (error instanceof WorkflowUpdateFailedError) {
      throw new AnswerRefused(workflowId, error.cause?.message ?? error.message);
    }
    if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || isAway(error)) {
      throw new RunUnanswered(workflowId, updateId, { cause: error });
    }
    throw asNotOpen(workflowId, error);
  }
}

/** gRPC status of an update whose workflow task has failed: the run could not go on at that moment. */
const FAILED_PRECONDITION = 9;

/** Temporal, or the run itself, does not answer at the moment. */
function isAway(error: unknown): boolean {
  const { cause } = error as { cause?: unknown };
  return isGrpcServiceError(cause) && (isRetryableError(cause) || cause.code === FAILED_PRECONDITION);
}

type Answering<U extends OperatorUpdate> = (
  client: Client,
  workflowId: string,
  input: OperatorInputs[U],
  options?: AnswerOptions,
) => Promise<RunEvent>;

const answering =
  <U extends OperatorUpdate>(update: U): Answering<U> =>
  (client, workflowId, input, options) =>
    sendAnswer(client, workflowId, update, input, options);

/** Answers the open decision. Errors: as {@link sendAnswer}. */
export const decide = answering('decide');
/** Consents to the plan that is waited for, by its hash. Errors: as {@link sendAnswer}. */
export const approve = answering('approve');
/** Refuses the plan: the run ends and has changed nothing. Errors: as {@link sendAnswer}. */
export const reject = answering('reject');
/** Stops the run before its next step. Errors: as {@link sendAnswer}. */
export const pause = answering('pause');
/** Lets a paused run go on. Errors: as {@link sendAnswer}. */
export const resume = answering('resume');
/** Lets the run plan anew with another target, before anything is changed. Errors: as {@link sendAnswer}. */
export const changeTarget = answering('change-target');
/** Repeats one check of the verification. Errors: as {@link sendAnswer}. */
export const repeatCheck = answering('repeat-check');
/** Adds a sentence to the incident record. Errors: as {@link sendAnswer}. */
export const addNote = answering('add-note');
/** Adds what another source has seen of the same incident. Errors: as {@link sendAnswer}. */
export const addEvidence = answering('add-evidence');
