import { oneLine } from '../redact.ts';
import { isStepId, type StepId } from './steps.ts';

/** Signal by which a step that is tried again tells its run why: a cancellation between two attempts has no cause else. */
export const STEP_FAILING = 'step-failing';

/** A step whose last attempts have failed. */
export interface FailingStep {
  readonly step: StepId;
  /** The attempt that failed, counted from 1. */
  readonly attempt: number;
  readonly message: string;
}

/** Longest message that is kept, in characters. */
const LIMIT = 300;

/** Whether a run is told of this attempt: the 2nd, 4th, 8th and so on, so that an outage is not a history of its own. */
export function isToldOf(attempt: number): boolean {
  return attempt > 1 && Number.isInteger(Math.log2(attempt));
}

/** Reads what came by the signal, which anybody may send; undefined for what no step sends. */
export function readFailingStep(input: unknown): FailingStep | undefined {
  if (typeof input !== 'object' || input === null) return undefined;
  const { step, attempt, message } = input as Readonly<Record<keyof FailingStep, unknown>>;
  const isRead =
    isStepId(step as string) && typeof attempt === 'number' && attempt > 1 && typeof message === 'string';
  return isRead ? { step: step as StepId, attempt, message: oneLine(message, LIMIT) } : undefined;
}

/** What stands in the ledger of a step that was cancelled. */
export function cancelledAs(failing: FailingStep | undefined): string {
  return failing ? `cancelled; attempt ${failing.attempt} had failed: ${failing.message}` : 'cancelled';
}
