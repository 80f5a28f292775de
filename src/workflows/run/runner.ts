import { ApplicationFailure, isCancellation } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.ts';
import { changeOf } from '../../domain/ledger/ledger.ts';
import { STEPS, type StepId } from '../../domain/steps/steps.ts';
import type { ObservedService } from '../../domain/versions/versions.ts';
import { type Joined, lockId, lockTarget, lockToProve } from '../lock.ts';
import type { Ask } from '../people/decisions.ts';
import type { PausePoint } from '../people/pause-point.ts';
import { redirectionOf } from './aim/redirection.ts';
import { isExpected, reasonOf } from './step/failures.ts';
import type { RunLedger } from './step/ledger.ts';
import type { CarryOutStep, Step, ValueOf } from './step/steps.ts';

/** What the runner works with. */
export interface RunnerParts {
  readonly ledger: RunLedger;
  readonly perform: CarryOutStep;
  readonly ask: Ask;
  readonly pausePoint: PausePoint;
  /** A step begins, or is tried once more. */
  readonly enter: (step: StepId) => void;
  /** A step that changes the service is about to begin. */
  readonly beginChange: () => void;
}

/** Carries out the steps of one run, with people beside it who decide about those that fail. */
export interface Runner {
  /** @returns undefined when somebody skipped it. @throws the step's error, or a `Redirection`. */
  optional<S extends Step>(step: S, ...args: Parameters<Activities[S]>): Promise<ValueOf<S> | undefined>;
  lock(observed: ObservedService): Promise<Joined | undefined>;
  lockToProve(): string | undefined;
}

/** Somebody who ends the lock again and again is asked what to do. */
const LOCKED_AGAIN = 3;

export function openRunner({ ledger, perform, ask, pausePoint, enter, beginChange }: RunnerParts): Runner {
  const held = new Set<string>();
  /** Whose lock was taken last. */
  let target: ObservedService | undefined;
  let lockedAgain = 0;

  /** What a step has left its place for: steps beside it leave with it, and nobody is asked about them. */
  let leaving: Error | undefined;
  const leave = (error: Error): Error => {
    leaving ??= error;
    return leaving;
  };

  /** What becomes of a step that has failed: it is left out, or tried again. @throws what it leaves its place for. */
  const decide = async (id: StepId, error: unknown): Promise<'skip' | 'again'> => {
    if (leaving) throw leaving;
    const reason = reasonOf(error);
    const decided = await ask(id, reason, () => leaving !== undefined);
    if (!decided || decided.answer === 'abort') throw leave(error as Error);
    if (decided.answer === 'skip') return 'skip';
    const redirection = redirectionOf(decided, id, ledger.report(), reason);
    if (redirection) throw leave(redirection);
    return 'again';
  };

  let lastDecided: Promise<unknown> = Promise.resolve();
  /** One after the other: what is decided about one step may be the answer for the next. */
  const decideInTurn: typeof decide = (id, error) => {
    const mine = lastDecided.then(() => decide(id, error));
    lastDecided = mine.catch(() => undefined);
    return mine;
  };

  async function lock(observed: ObservedService, ifRunning?: 'refuse'): Promise<Joined | undefined> {
    const { request } = ledger.report();
    if (!request || !ledger.policy()) return undefined;
    target = observed;
    const asked = ifRunning ? { ...request, ifRunning } : request;
    return lockTarget(perform, asked, observed, held).catch((error: unknown) => {
      throw error instanceof ApplicationFailure ? leave(error) : error;
    });
  }

  return {
    async optional(id, ...args) {
      leaving = undefined;
      if (STEPS[id].changes) beginChange();
      for (;;) {
        const paused = pausePoint();
        if (paused) await paused;
        enter(id);
        try {
          return await perform(id, ...args);
        } catch (error) {
          if (!isExpected(error) || isCancellation(error)) throw error;
          if (reasonOf(error).type === 'ClaimLost' && target && lockedAgain < LOCKED_AGAIN) {
            lockedAgain += 1;
            held.delete(lockId(target));
            await lock(target, 'refuse');
            continue;
          }
          if ((await decideInTurn(id, error)) === 'skip') return undefined;
        }
      }
    },
    // A run that has changed something cannot leave it to another one.
    lock: (observed) => lock(observed, changeOf(ledger.report()) === 'none' ? undefined : 'refuse'),
    lockToProve: () => lockToProve(target),
  };
}
