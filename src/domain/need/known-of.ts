import type { Instant } from '../json.ts';
import { failureInWords, failureOf, standingOf, withSharedRecords } from '../versions/choice/standing.ts';
import type { ObservedService } from '../versions/versions.ts';

/** A failure that is recorded of a version. */
export interface KnownFailure {
  /** In words that follow the version's name. */
  readonly says: string;
  readonly at: Instant;
}

/**
 * What is recorded against the current version, in words that follow its name: that it was seen to fail, when and at what. Only failures count: a
 * proof says nothing of the time since, and a failure before a newer proof is gone by (`standingOf`). Records of a restart are
 * records of the version. Pure.
 * @returns nothing where nothing speaks against it, or nothing is recorded.
 */
export function knownOf(observed: ObservedService): KnownFailure | undefined {
  const { current } = withSharedRecords(observed);
  const failure = failureOf(current);
  if (standingOf(current) !== 'failed' || !failure) return undefined;
  return { says: failureInWords(current), at: failure.at };
}
