import { isCancellation } from '@temporalio/workflow';
import { isChangeUnknown, type RunReport } from '../../../domain/ledger/ledger.ts';
import { STEPS, type StepId } from '../../../domain/steps/steps.ts';
import { parseTarget } from '../../../domain/versions/targets.ts';
import type { Decided } from '../../people/decisions.ts';
import type { Ending, Run } from '../run.ts';
import type { Reason } from '../step/failures.ts';
import { type Aim, type Direction, nextAim } from './aim.ts';

/** Leaves a step for another place of the runbook, because a person said so. Always heard by `pursue`. */
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

/** One way through the text of a run: where it ends, or leaves for another one by a `Redirection`. */
export type Attempt = (aim: Aim) => Promise<Ending>;

/**
 * Goes for an aim, and for another one each time that somebody leads the run elsewhere.
 * @param cancelled how a cancelled run comes to its end; without it the cancellation is thrown.
 */
export async function pursue(
  run: Run,
  first: Aim,
  attempt: Attempt,
  cancelled?: (aim: Aim, cancellation: unknown) => Promise<Ending>,
): Promise<Ending> {
  let aim = first;
  for (;;) {
    try {
      return await attempt(aim);
    } catch (error) {
      if (cancelled && isCancellation(error)) return cancelled(aim, error);
      if (!(error instanceof Redirection)) throw error;
      aim = nextAim(aim, error, run);
    }
  }
}

/**
 * Waits for steps that run at the same time. Unlike `Promise.all` it leaves none behind: when one fails the others
 * still end and stand in the ledger, then the first failure (in the order given) is thrown; a failure that ends the run
 * goes before one that only leads it elsewhere.
 */
export async function together<T extends readonly (Promise<unknown> | undefined)[]>(
  ...steps: T
): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  const settled = await Promise.allSettled(steps);
  const failed = settled.filter((result) => result.status === 'rejected');
  const worst = failed.find(({ reason }) => !(reason instanceof Redirection)) ?? failed[0];
  if (worst) throw worst.reason;
  return settled.map((result) => (result as PromiseFulfilledResult<unknown>).value) as {
    [K in keyof T]: Awaited<T[K]>;
  };
}

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
    default: {
      const { onRetry } = STEPS[step];
      // A write without an answer is repeated: it finds itself done.
      const repeats = onRetry === 'repeat' || isChangeUnknown(report, step);
      return repeats ? undefined : new Redirection({ kind: onRetry });
    }
  }
}

/** Somebody has asked for another target while nobody was waited for. @throws Redirection */
export function leaveForAnotherTarget({ inbox }: Run): void {
  if (!inbox.target) return;
  const wish = parseTarget(inbox.target.target);
  delete inbox.target;
  if ('kind' in wish) throw new Redirection({ kind: 'target', wish });
}
