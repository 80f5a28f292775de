import type { ErrorType } from '../../../domain/errors.ts';
import type { RolloutProgress } from '../../target.ts';
import type { Deployment } from '../api/resources.ts';

/** `spec.progressDeadlineSeconds` when it is not set, in seconds, and the value that means never (apps/v1). */
const DEFAULT_PROGRESS_DEADLINE = 600;
const NO_PROGRESS_DEADLINE = 2_147_483_647;

/** Why a rollout is given up. */
export interface GivenUp {
  readonly type: ErrorType;
  /** What the rollout did not do: `made no progress for 600 s`. */
  readonly because: string;
}

/**
 * Whether the wait has lasted too long: the profile's deadline counts from its first attempt, the Deployment's own
 * progress deadline from the last progress that was seen. Pure.
 * @param deadlineMs of the profile.
 * @param now milliseconds since 1970.
 */
export function deadlineExceeded(
  { spec }: Deployment,
  { waitingSince, progressAt }: Pick<RolloutProgress, 'waitingSince' | 'progressAt'>,
  deadlineMs: number,
  now: number,
): GivenUp | undefined {
  if (now - Date.parse(waitingSince) > deadlineMs) {
    return { type: 'RolloutTimedOut', because: `made no end in ${Math.round(deadlineMs / 1000)} s` };
  }
  const progressDeadline = spec.progressDeadlineSeconds ?? DEFAULT_PROGRESS_DEADLINE;
  return progressDeadline < NO_PROGRESS_DEADLINE && now - Date.parse(progressAt) > progressDeadline * 1000
    ? { type: 'RolloutFailed', because: `made no progress for ${progressDeadline} s` }
    : undefined;
}
