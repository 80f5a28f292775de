import { ApplicationFailure } from '@temporalio/workflow';
import type { ErrorType } from '../domain/errors.ts';
import type { TargetWish } from '../domain/targets.ts';
import type { Reason } from './failures.ts';
import type { Redirection } from './redirection.ts';
import type { Run } from './run.ts';

/** What a run goes for at the moment: it changes only by what a person, or a configured default, decides. */
export interface Aim {
  readonly wish: TargetWish;
  readonly purpose: 'roll-back' | 'restore';
  /** Fingerprints that this run has seen to be no way out: the bad release, and targets that did not help. */
  readonly tried: readonly string[];
  /** How many times the run has fallen back. */
  readonly fallBacks?: number;
  /** With `restore`: what somebody was asked about when it was decided. */
  readonly because?: Reason;
}

/**
 * The aim after a decision.
 * @throws ApplicationFailure `PinLost` when there is nothing that could be restored.
 */
export function nextAim(aim: Aim, { to, because }: Pick<Redirection, 'to' | 'because'>, run: Run): Aim {
  const { plan } = run.journal.report();
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
      return { ...aim, wish, tried, fallBacks, purpose: 'roll-back' };
    }
    case 'restore':
      if (!run.snapshot) throw nothingKept();
      return {
        ...aim,
        wish: { kind: 'snapshot', snapshot: run.snapshot },
        purpose: 'restore',
        ...(because ? { because } : {}),
      };
    default:
      return aim;
  }
}

function nothingKept(): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    'nothing was kept that could be restored',
    'PinLost' satisfies ErrorType,
  );
}
