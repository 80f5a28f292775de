import type { SnapshotReference } from '../domain/pins.ts';
import type { TargetWish } from '../domain/targets.ts';
import type { Direction } from './redirection.ts';
import type { Run } from './run.ts';

/** What a run goes for at the moment: it changes only by what a person, or a configured default, decides. */
export interface Aim {
  readonly wish: TargetWish;
  readonly purpose: 'roll-back' | 'restore';
  /** Fingerprints that this run has seen to be no way out: the bad release, and targets that did not help. */
  readonly tried: readonly string[];
  /** What was live before the first change. */
  readonly snapshot?: SnapshotReference;
  /** How many times the run has fallen back. */
  readonly fallBacks?: number;
}

/** The aim after a decision. */
export function nextAim(aim: Aim, to: Direction, run: Run): Aim {
  const { plan, ledger } = run.journal.report();
  // Taken only as long as nothing is changed: the last one is of what was live then.
  const snapshot = ledger.findLast((entry) => entry.snapshot)?.snapshot;
  const kept = snapshot ? { snapshot } : {};
  switch (to.kind) {
    case 'target':
      return { ...aim, wish: to.wish };
    case 'fall-back': {
      const tried = [
        ...new Set([...aim.tried, ...(plan ? [plan.from.fingerprint, plan.to.fingerprint] : [])]),
      ];
      const fallBacks = (aim.fallBacks ?? 0) + 1;
      const origin = run.journal.report().origin ?? plan?.from.version;
      if (origin !== undefined) run.journal.adopt({ origin });
      const wish = { kind: 'older-known-good', tried } as const;
      return { ...aim, ...kept, wish, tried, fallBacks, purpose: 'roll-back' };
    }
    case 'restore':
      if (!snapshot) throw new Error('nothing was kept that could be restored');
      return { ...aim, ...kept, wish: { kind: 'snapshot', snapshot }, purpose: 'restore' };
    default:
      return aim;
  }
}
