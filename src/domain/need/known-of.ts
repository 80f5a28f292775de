import { failureInWords, standingOf, withSharedRecords } from '../versions/choice/standing.ts';
import type { ObservedService } from '../versions/versions.ts';

/**
 * What is recorded against the current version, as a sentence: that it was seen to fail, when and at what. Only failures count: a
 * proof says nothing of the time since, and a failure before a newer proof is gone by (`standingOf`). Records of a restart are
 * records of the version. Pure.
 * @returns nothing where nothing speaks against it, or nothing is recorded.
 */
export function knownOf(observed: ObservedService): string | undefined {
  const { current } = withSharedRecords(observed);
  if (standingOf(current) !== 'failed') return undefined;
  return `${current.version} was ${failureInWords(current)}`;
}
