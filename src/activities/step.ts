import {
  ApplicationFailure,
  activityInfo,
  cancellationSignal,
  getClient,
  heartbeat,
  type Info,
  sleep,
} from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { RunbookError } from '../domain/errors.ts';
import type { RunReport, StepResult } from '../domain/ledger/ledger.ts';
import type { Verdict } from '../domain/proof/verdict.ts';
import { redact } from '../domain/redact.ts';
import type { RunStart } from '../domain/request/start.ts';
import { type FailingStep, isToldOf, STEP_FAILING } from '../domain/steps/failing-step.ts';
import { isStepId, STEPS } from '../domain/steps/steps.ts';
import { readRun, readStart, type ServerRun, terminateRun } from './server-runs.ts';

/** How often a waiting step says that it is alive, in milliseconds: also how soon it hears of a cancellation. */
const BEAT_MS = 500;
/** A server that takes longer to be told why a step is tried again is told the next time. */
const TELL_MS = 1000;

/** What a step's work may use of the activity around it. */
export interface StepContext {
  /** Aborted when the run is cancelled, the worker shuts down, or the step is paused. */
  readonly signal: AbortSignal;
  /** `workflowId/activityId`: the same for every attempt, and after a workflow reset. */
  readonly key: string;
  readonly workflowId: string;
  readonly runId: string;
  /** Counted from 1. */
  readonly attempt: number;
  /** Records progress as heartbeat details; a later attempt finds it in `resume`. */
  report(progress: unknown): void;
  /**
   * As `report`, with the next heartbeat: half a second later at most, and never in a step that has ended by then. Each
   * heartbeat is a write of the Temporal server, and the beginning of some progress is soon made again.
   */
  note(progress: unknown): void;
  /** What the last attempt reported. */
  resume<T>(): T | undefined;
  /** Asks the run for its report so far (query `report`). */
  readReport(): Promise<RunReport>;
  /** As `readReport`, of another run. */
  readReportOf(workflowId: string, runId: string): Promise<RunReport>;
  /** How this run was started, by the Temporal server. */
  readStart(): Promise<RunStart>;
  /** What the server says of another run; undefined when there is none of these ids. */
  readRun(workflowId: string, runId?: string): Promise<ServerRun | undefined>;
  /** Terminates one run, and no other of its workflow id. One that has closed meanwhile stays as it is. */
  terminate(workflowId: string, runId: string, reason: string): Promise<void>;
  /** Waits, until the step is cancelled at the longest. */
  pause(ms: number): Promise<void>;
}

/** What a step's work gives back. */
export interface Worked<T> {
  readonly value: T;
  readonly summary: string;
  readonly verdict?: Verdict;
}

/**
 * Makes an activity of a step's work: times it, keeps its heartbeat going, and turns expected errors into
 * `ApplicationFailure`s of the catalogue. Cancellation passes through untouched.
 */
export function stepActivity<A extends unknown[], T>(
  work: (context: StepContext, ...args: A) => Promise<Worked<T>>,
): (...args: A) => Promise<StepResult<T>> {
  return async (...args) => {
    const info = activityInfo();
    const startedAt = new Date().toISOString();
    let progress: unknown = info.heartbeatDetails;
    const { workflowId = '', runId = '' } = info.workflowExecution ?? {};
    const report = (details: unknown) => {
      progress = details;
      heartbeat(details);
    };
    const context: StepContext = {
      signal: cancellationSignal(),
      key: `${workflowId}/${info.activityId}`,
      workflowId,
      runId,
      attempt: info.attempt,
      report,
      note: (details) => {
        if (info.heartbeatTimeoutMs) progress = details;
        else report(details);
      },
      resume: <P>() => info.heartbeatDetails as P | undefined,
      readStart,
      readRun,
      terminate: terminateRun,
      pause: sleep,
      readReport: () => reportOf(workflowId, runId),
      readReportOf: reportOf,
    };
    const beat = info.heartbeatTimeoutMs ? setInterval(() => heartbeat(progress), BEAT_MS) : undefined;
    try {
      const { value, summary, verdict } = await work(context, ...args);
      return {
        value,
        summary: redact(summary),
        ...(verdict ? { verdict } : {}),
        attempt: info.attempt,
        startedAt,
        finishedAt: new Date().toISOString(),
      };
    } catch (error) {
      const failure = asFailure(error, info.attempt);
      if (isTriedAgain(failure)) await tellFailing(info, failure);
      throw failure;
    } finally {
      clearInterval(beat);
    }
  };
}

function reportOf(workflowId: string, runId: string): Promise<RunReport> {
  return getClient().workflow.getHandle(workflowId, runId).query<RunReport>('report');
}

/** Whether the server tries the step again, as far as the failure says. */
function isTriedAgain(failure: unknown): failure is Error {
  if (cancellationSignal().aborted || !(failure instanceof Error)) return false;
  return !(failure instanceof ApplicationFailure && failure.nonRetryable);
}

/** Tells the run why a step is tried again. Not being able to is no failure of the step. */
async function tellFailing(
  { activityType, attempt, workflowExecution }: Info,
  failure: Error,
): Promise<void> {
  if (!isToldOf(attempt) || !workflowExecution || !isStepId(activityType)) return;
  if (STEPS[activityType].phase === 'tell') return;
  const { workflowId, runId } = workflowExecution;
  const failing: FailingStep = { step: activityType, attempt, message: redact(failure.message) };
  const deadline = Date.now() + TELL_MS;
  try {
    const client = getClient();
    await client.withDeadline(deadline, () =>
      client.workflow.getHandle(workflowId, runId).signal(STEP_FAILING, failing),
    );
  } catch {
    // The server is away, or the run has ended.
  }
}

function asFailure(error: unknown, attempt: number): unknown {
  const signal = cancellationSignal();
  // Libraries reject with an AbortError of their own; Temporal wants its reason back, or a pause reads as a cancel.
  if (signal.aborted) return signal.reason;
  if (error instanceof CancelledFailure || error instanceof ApplicationFailure) return error;
  if (error instanceof RunbookError) {
    return ApplicationFailure.create({
      type: error.type,
      message: redact(error.message),
      nonRetryable: !error.retryable,
      details: [{ attempt, ...(error.takenBack === undefined ? {} : { takenBack: error.takenBack }) }],
      ...(error.retryAfterMs !== undefined ? { nextRetryDelay: error.retryAfterMs } : {}),
    });
  }
  // A bug. Its message goes into history as it is, so it must not hold a credential either.
  if (error instanceof Error && redact(error.message) !== error.message) {
    return ApplicationFailure.retryable(redact(error.message), error.name);
  }
  return error;
}
