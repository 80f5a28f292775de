import { changeOf, type RunReport } from '../domain/ledger.ts';
import type { StepId } from '../domain/steps.ts';
import type { TargetWish } from '../domain/targets.ts';
import type { Decided } from './decisions.ts';
import type { Reason } from './failures.ts';

/** Where a run goes on instead of where it stands. */
export type Direction =
  /** Look at the service again and plan from that. */
  | { readonly kind: 'plan-anew' }
  | { readonly kind: 'target'; readonly wish: TargetWish }
  /** The change once more: it finds itself done, or is made. */
  | { readonly kind: 'change-again' }
  | { readonly kind: 'fall-back' }
  | { readonly kind: 'restore' };

/** Leaves a step for another place of the runbook, because a person said so. Always caught by the runbook's text. */
export class Redirection extends Error {
  override readonly name = 'Redirection';
  readonly to: Direction;
  /** What somebody was asked about. */
  readonly because: Reason | undefined;

  constructor(to: Direction, because?: Reason) {
    super(`goes on with ${to.kind}`);
    this.to = to;
    this.because = because;
  }
}

/** Steps that look at what is there and plan from it: after a while what they saw is of yesterday. */
const LOOK_AHEAD: readonly StepId[] = ['check-access', 'identify-versions', 'plan', 'take-snapshot'];

/** Where an answer about a failed step leads; undefined: the step itself is repeated. */
export function redirectionOf(
  { answer, wish }: Decided,
  step: StepId,
  report: RunReport,
  because: Reason,
): Redirection | undefined {
  switch (answer) {
    case 'change-target':
      return wish && new Redirection({ kind: 'target', wish });
    case 'fall-back':
      return new Redirection({ kind: 'fall-back' });
    case 'restore-snapshot':
      return new Redirection({ kind: 'restore' }, because);
    default:
      if (LOOK_AHEAD.includes(step)) return new Redirection({ kind: 'plan-anew' });
      if (step === 'wait-for-rollout') return new Redirection({ kind: 'change-again' });
      // A write that was refused was planned on something that is not there any more; one without an answer is repeated.
      return step === 'roll-back' && !isUnknown(report) ? new Redirection({ kind: 'plan-anew' }) : undefined;
  }
}

function isUnknown({ ledger }: RunReport): boolean {
  const last = ledger.filter(({ step }) => step === 'roll-back').at(-1);
  return last !== undefined && changeOf({ ledger: [last] }) === 'unknown';
}
