import { type ActivityOptions, createEventGroup, proxyActivities } from '@temporalio/workflow';
import type { Activities } from '../../../activities/index.ts';
import type { Announcement } from '../../../domain/ledger/announce.ts';
import {
  type Addressee,
  completedEntry,
  type LedgerEntry,
  type StepResult,
} from '../../../domain/ledger/ledger.ts';
import { STEPS, type StepId } from '../../../domain/steps/steps.ts';
import { failedEntry, isExpected } from './failures.ts';
import { now, type RunLedger } from './ledger.ts';
import { optionsOf } from './step-options.ts';

const activities = proxyActivities<Activities>({ startToCloseTimeout: '1 minute' });

export type Step = keyof Activities;
export type ValueOf<S extends Step> = Awaited<ReturnType<Activities[S]>>['value'];

/** Carries out one step as an activity and enters how it ended into the ledger. */
export type CarryOutStep = <S extends Step>(
  step: S,
  ...args: Parameters<Activities[S]>
) => Promise<ValueOf<S>>;

/**
 * Steps of one run. The activity id is the step's id, with a number from the second time on; a message's id names its
 * receiver and what it is about, so that no two messages share an idempotency key.
 * @param ended is called with each line of the ledger as a step has ended.
 */
export function activitySteps(ledger: RunLedger, ended: (entry: LedgerEntry) => void): CarryOutStep {
  const groups = new Map<string, ReturnType<typeof createEventGroup>>();
  const times = new Map<string, number>();
  const groupOf = (phase: string) => {
    const group = groups.get(phase) ?? createEventGroup(phase, { id: phase });
    groups.set(phase, group);
    return group;
  };
  const idOf = (step: StepId, addressee: Addressee) => {
    const name = [step, addressee.receiver, addressee.about].filter(Boolean).join('-');
    const count = (times.get(name) ?? 0) + 1;
    times.set(name, count);
    return count === 1 ? name : `${name}-${count}`;
  };

  const end = (id: StepId, entry: LedgerEntry) => {
    ledger.end(id, entry);
    ended(entry);
  };

  return async (id, ...args) => {
    const addressee = STEPS[id].addressed ? addresseeOf(args) : {};
    const startedAt = now();
    ledger.begin(id);
    try {
      // The compiler cannot follow a generic key through the proxy; the signature above keeps callers honest.
      const activity = activities[id] as unknown as {
        executeWithOptions(
          options: ActivityOptions,
          args: unknown[],
        ): Promise<StepResult<ValueOf<typeof id>>>;
      };
      const options = optionsOf(id, idOf(id, addressee), addressee);
      const result = await groupOf(STEPS[id].phase).withScope(async () =>
        activity.executeWithOptions(options, args),
      );
      end(id, completedEntry(id, result, addressee));
      return result.value;
    } catch (error) {
      end(
        id,
        failedEntry(id, error, { startedAt, finishedAt: now(), failing: ledger.failing(id) }, addressee),
      );
      throw error;
    }
  };
}

/** Whom a message goes to, and what it is about. */
function addresseeOf([receiver, announcement]: readonly unknown[]): Addressee {
  const { about } = announcement as Announcement;
  return { receiver: String(receiver), ...(about ? { about } : {}) };
}

/** Carries out what must not stop the run: a failure stands in the ledger. */
export async function attemptStep<S extends Step>(
  perform: CarryOutStep,
  id: S,
  ...args: Parameters<Activities[S]>
): Promise<void> {
  try {
    await perform(id, ...args);
  } catch (error) {
    if (!isExpected(error)) throw error;
  }
}
