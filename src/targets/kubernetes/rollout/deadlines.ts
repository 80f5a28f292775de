import type { ErrorType } from '../../../domain/errors.ts';
import type { RolloutProgress } from '../../target.ts';

/** Why a rollout is given up. */
export interface GivenUp {
  readonly type: ErrorType;
  /** What the rollout did not do: `made no progress for 600 s`. */
  readonly because: string;
}

/**
 * Whether the wait has lasted too long: the profile's deadline counts from its first attempt, the workload's own
 * progress deadline from the last progress that was seen. Pure.
 * @param progressDeadline of the workload, in seconds; none where it has none.
 * @param deadlineMs of the profile.
 * @param now milliseconds since 1970.
 */
export function deadlineExceeded(
  progressDeadline: number | undefined,
  { waitingSince, progressAt }: Pick<RolloutProgress, 'waitingSince' | 'progressAt'>,
  deadlineMs: number,
  now: number,
): GivenUp | undefined {
  if (now - Date.parse(waitingSince) > deadlineMs) {
    return { type: 'RolloutTimedOut', because: `made no end in ${Math.round(deadlineMs / 1000)} s` };
  }
  return progressDeadline !== undefined && now - Date.parse(progressAt) > progressDeadline * 1000
    ? { type: 'RolloutFailed', because: `made no progress for ${progressDeadline} s` }
    : undefined;
}
