import { CancellationScope } from '@temporalio/workflow';
import type { Announcement } from '../../domain/ledger/announce.ts';
import type { RunLedger } from '../run/step/ledger.ts';
import { attemptStep, type CarryOutStep } from '../run/step/steps.ts';

/** Messages in the middle of a run: nobody waits for them, and a cancellation does not stop them. */
export interface Notifications {
  /** Sends it to every receiver. What cannot be sent stands in the ledger. */
  tell(announcement: Announcement): void;
  /** Resolves when all that was begun has ended. */
  allSent(): Promise<void>;
}

export function openNotifications(ledger: RunLedger, carryOut: CarryOutStep): Notifications {
  const begun: Promise<void>[] = [];
  const send = (receiver: string, announcement: Announcement) =>
    CancellationScope.nonCancellable(() => attemptStep(carryOut, 'notify', receiver, announcement));
  return {
    tell(announcement) {
      const receivers = ledger.report().request?.notifiers ?? [];
      begun.push(...receivers.map((receiver) => send(receiver, announcement)));
    },
    async allSent() {
      let sent: number;
      do {
        sent = begun.length;
        await Promise.all(begun);
      } while (sent < begun.length);
    },
  };
}
