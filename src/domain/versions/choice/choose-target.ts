import type { TargetWish } from '../targets.ts';
import type { ObservedService, VersionCandidate } from '../versions.ts';
import { chooseOlderKnownGood, chooseSnapshot } from './after-change.ts';
import type { Choice, NoChoice } from './choice.ts';
import { DEFAULT_RULES, olderVersions } from './default-rules.ts';
import { chooseNamed } from './named.ts';
import { withRemedies } from './remedies.ts';
import { failureInWords, standingOf, withSharedRecords } from './standing.ts';
import { undoneInWords } from './undone.ts';
import { differs } from './version-lists.ts';

/**
 * Selects the version to return to. Pure: the same observation and wish always select the same version, so
 * check-access and plan agree without talking to each other.
 *
 * The default target goes back, never forward: the trap of `kubectl rollout undo` run twice (docs/decisions/0007).
 */
export function chooseTarget(observed: ObservedService, wish: TargetWish): Choice | NoChoice {
  return chooseAmong(withSharedRecords(observed), wish);
}

/** As {@link chooseTarget}, from an observation whose candidates share their records already. */
export function chooseAmong(observed: ObservedService, wish: TargetWish): Choice | NoChoice {
  switch (wish.kind) {
    case 'known-good':
      return chooseKnownGood(observed);
    case 'previous':
      return choosePrevious(observed);
    case 'older-known-good':
      return chooseOlderKnownGood(observed, wish.tried);
    case 'snapshot':
      return chooseSnapshot(observed, wish.snapshot);
    case 'revision':
    case 'version':
    case 'digest':
    case 'id':
      return chooseNamed(observed, wish);
  }
}

function chooseKnownGood(observed: ObservedService): Choice | NoChoice {
  for (const { rule, basis, select } of DEFAULT_RULES) {
    const candidate = select(observed);
    if (candidate) return { candidate, basis, rule };
  }
  return nothingOlder(observed);
}

/**
 * The newest version of the workload's own history whose content differs: a restart of the same bad release is not a
 * previous version, and what the history has no more may have been followed by others that nobody knows of.
 */
export function choosePrevious(observed: ObservedService): Choice | NoChoice {
  const different = previousOf(observed);
  if (different) return { candidate: different, basis: 'asked', rule: 'previous' };
  const kept = observed.history.filter((version) => differs(version, observed));
  if (kept.length === 0) return nothingOlder(observed);
  return {
    problem: 'NoHistory',
    message: `${observed.workload} has no earlier version in its own history; ask for known-good, or for one of those that were kept: ${withRemedies(kept, observed)}`,
  };
}

function previousOf(observed: ObservedService): VersionCandidate | undefined {
  return observed.history.find(
    (version) => version.source.kind !== 'pod-template' && differs(version, observed),
  );
}

/** Each version that is named can be asked for by the words that stand beside it. */
function nothingOlder(observed: ObservedService): NoChoice {
  const { workload, current } = observed;
  const older = olderVersions(observed);
  const newer = observed.history.filter((version) => differs(version, observed) && !older.includes(version));
  if (older.length > 0) {
    const each = older.map((one) => `${withRemedies([one], observed)} (${whyNot(one, observed)})`);
    return {
      problem: 'NoHistory',
      message: `${workload} has no version older than ${current.version} that was neither seen to fail nor undone; ask for one of them, or for another version: ${each.join(', ')}`,
    };
  }
  return {
    problem: 'NoHistory',
    message:
      newer.length > 0
        ? `${workload} has no version older than ${current.version} in its history, only newer ones, to be asked for: ${withRemedies(newer, observed)}`
        : `${workload} has no earlier version in its history; ask for a version or a digest as target`,
  };
}

function whyNot(version: VersionCandidate, observed: ObservedService): string {
  return standingOf(version) === 'failed' ? failureInWords(version) : undoneInWords(version, observed);
}
