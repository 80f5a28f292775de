import { CancellationScope } from '@temporalio/workflow';
import type { Announcement } from '../domain/announce.ts';
import { type CarryOutStep, tryOut } from './activity-step.ts';
import type { Journal } from './journal.ts';

/** Messages in the middle of a run: nobody waits for them, and a cancellation does not stop them. */
export interface Teller {
  /** Sends it to every receiver. What cannot be sent stands in the ledger. */
  tell(announcement: Announcement): void;
  /** Resolves when all that was begun has ended. */
  settled(): Promise<void>;
}

export function openTeller(journal: Journal, carryOut: CarryOutStep): Teller {
  const begun: Promise<void>[] = [];
  const send = (receiver: string, announcement: Announcement) =>
    CancellationScope.nonCancellable(() => tryOut(carryOut, 'notify', receiver, announcement));
  return {
    tell(announcement) {
      const receivers = journal.report().request?.notifiers ?? [];
      begun.push(...receivers.map((receiver) => send(receiver, announcement)));
    },
    async settled() {
      await Promise.all(begun);
    },
  };
}
