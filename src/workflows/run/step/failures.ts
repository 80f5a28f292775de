import { ActivityFailure, ApplicationFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';
import { type ErrorType, isErrorType } from '../../../domain/errors.ts';
import type { Addressee, LedgerEntry, RunReport } from '../../../domain/ledger/ledger.ts';
import { cancelledAs, type FailingStep } from '../../../domain/steps/failing-step.ts';
import { isStepId, STEPS, type StepId } from '../../../domain/steps/steps.ts';

/** An expected error as it stands in ledger and report. */
export interface Reason {
  readonly type: ErrorType;
  readonly message: string;
}

/** True for everything a step may end with; anything else is a bug and stops the workflow task instead. */
export function isExpected(error: unknown): boolean {
  return isCancellation(error) || error instanceof ActivityFailure || error instanceof ApplicationFailure;
}

/** The row of the error catalogue and the sentence behind a failed step. */
export function reasonOf(error: unknown): Reason {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const type = error instanceof ActivityFailure ? error.activityType : '';
  const step = isStepId(type) ? STEPS[type].title : type;
  if (cause instanceof ApplicationFailure) {
    if (isErrorType(cause.type)) return { type: cause.type, message: cause.message };
    // Not of the catalogue: an unexpected error that was retried until the step's budget was spent.
    return { type: 'StepTimedOut', message: `${step}: ${cause.message}` };
  }
  if (cause instanceof TimeoutFailure) {
    const last = cause.cause instanceof Error ? `: ${cause.cause.message}` : '';
    return { type: 'StepTimedOut', message: `${step} spent its time budget (${cause.timeoutType})${last}` };
  }
  return {
    type: 'StepTimedOut',
    message: `${step}: ${cause instanceof Error ? cause.message : 'no reason given'}`,
  };
}

/** What the run knows of a step that ended without a result. */
export interface StepEnd {
  readonly startedAt: string;
  readonly finishedAt: string;
  /** What it was tried again for. */
  readonly failing?: FailingStep | undefined;
}

/** The ledger entry of a step that gave no result. */
export function failedEntry(
  step: StepId,
  error: unknown,
  { startedAt, finishedAt, failing }: StepEnd,
  addressee: Addressee = {},
): LedgerEntry {
  const cancelled = isCancellation(error);
  const reason = cancelled ? undefined : reasonOf(error);
  const profile = profileOf(error);
  const { takenBack } = detailsOf(error);
  return {
    step,
    outcome: cancelled ? 'cancelled' : 'failed',
    summary: reason ? `${reason.type}: ${reason.message}` : cancelledAs(failing),
    attempts: (cancelled && failing?.attempt) || attemptsOf(error),
    startedAt,
    finishedAt,
    ...(reason ? { error: reason } : {}),
    ...(profile ? { profile } : {}),
    ...(typeof takenBack === 'boolean' ? { takenBack } : {}),
    ...addressee,
  };
}

/** The attempt that gave up; 1 when the failure does not say. */
function attemptsOf(error: unknown): number {
  const { attempt } = detailsOf(error);
  return typeof attempt === 'number' ? attempt : 1;
}

/** The profile of the worker on which it failed. */
function profileOf(error: unknown): string | undefined {
  const { profile } = detailsOf(error);
  return typeof profile === 'string' ? profile : undefined;
}

function detailsOf(error: unknown): {
  readonly attempt?: unknown;
  readonly profile?: unknown;
  readonly takenBack?: unknown;
} {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  const details = cause instanceof ApplicationFailure ? cause.details?.[0] : undefined;
  return typeof details === 'object' && details !== null ? details : {};
}

/** What the workflow fails with: the catalogue's type, and the whole report for whoever waits for the result. */
export function failureOf(report: RunReport): ApplicationFailure {
  const { error } = report;
  return ApplicationFailure.create({
    type: error?.type ?? 'VerificationFailed',
    message: error?.message ?? report.summary,
    nonRetryable: true,
    details: [report],
  });
}
