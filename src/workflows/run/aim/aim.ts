import { ApplicationFailure } from '@temporalio/workflow';
import type { ErrorType } from '../../../domain/errors.ts';
import { changeOf } from '../../../domain/ledger/ledger.ts';
import type { RecoveryOptions } from '../../../domain/steps/recovery.ts';
import type { ShownPlan } from '../../../domain/versions/plan.ts';
import type { TargetWish } from '../../../domain/versions/targets.ts';
import type { Run } from '../run.ts';
import type { Reason } from '../step/failures.ts';

/** What a run goes for at the moment: it changes only by what a person, or a configured default, decides. */
export interface Aim {
  readonly wish: TargetWish;
  /** `watch`: a follow-through, until somebody wants another rollback. */
  readonly purpose: 'roll-back' | 'restore' | 'watch';
  /** Fingerprints that this run has seen not to help: the bad release, and targets that did not help. */
  readonly tried: readonly string[];
  /** How many times the run has fallen back. */
  readonly fallBacks?: number;
  /** With `restore`: what somebody was asked about when it was decided. */
  readonly because?: Reason;
  /** A plan that nothing stands against any more: it is carried out, and none is made. */
  readonly plan?: ShownPlan;
}

/** What somebody has consented to who wants a rollback whatever is measured: once a run. */
export const NEED = 'need';

/** Where a run goes on instead of where it stands. */
export type Direction =
  /** Observe the service once more and plan from that. */
  | { readonly kind: 'plan-anew' }
  | { readonly kind: 'target'; readonly wish: TargetWish }
  /** The change once more: it finds itself done, or is made. */
  | { readonly kind: 'change-again' }
  | { readonly kind: 'fall-back' }
  | { readonly kind: 'restore' };

/**
 * The aim after a decision.
 * @throws ApplicationFailure `PinLost` when there is nothing that could be restored.
 */
export function nextAim(
  { plan: _carriedOut, ...aim }: Aim,
  { to, because }: { readonly to: Direction; readonly because: Reason | undefined },
  run: Run,
): Aim {
  const { plan, origin = plan?.from.version } = run.ledger.report();
  switch (to.kind) {
    case 'target':
      // Whoever names another target wants a rollback.
      run.consented.add(NEED);
      return { ...aim, wish: to.wish, purpose: 'roll-back' };
    case 'fall-back': {
      const seen = plan ? [plan.from.fingerprint, plan.to.fingerprint] : [];
      const tried = [...new Set([...aim.tried, ...seen])];
      const fallBacks = (aim.fallBacks ?? 0) + 1;
      if (origin !== undefined) run.ledger.adopt({ origin });
      return { ...aim, wish: { kind: 'older-known-good', tried }, tried, fallBacks, purpose: 'roll-back' };
    }
    case 'restore':
      if (!run.snapshot) throw nothingKept();
      return {
        ...aim,
        wish: { kind: 'snapshot', snapshot: run.snapshot },
        purpose: 'restore',
        ...(because ? { because } : {}),
      };
    case 'change-again':
      return { ...aim, ...(run.begun ? { plan: run.begun } : {}) };
    case 'plan-anew':
      return aim;
  }
}

/** Whether the run has changed nothing so far, as far as is known. */
export function isFirstChange({ ledger }: Run): boolean {
  return changeOf(ledger.report()) === 'none';
}

/** Where the run could still go from here. @param plan what it is about to carry out. */
export function recoveryOptionsOf(
  run: Run,
  { purpose, fallBacks = 0 }: Aim,
  plan?: ShownPlan,
): RecoveryOptions {
  const { snapshot, ledger } = run;
  const isRestoring = purpose === 'restore';
  const isOfSomethingElse = plan ? snapshot?.fingerprint !== plan.to.fingerprint : !isFirstChange(run);
  return {
    restorable: !isRestoring && snapshot !== undefined && isOfSomethingElse,
    fallBacksLeft: isRestoring ? 0 : (ledger.policy()?.decisions.fallBacks ?? 0) - fallBacks,
  };
}

function nothingKept(): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    'nothing was kept that could be restored',
    'PinLost' satisfies ErrorType,
  );
}
