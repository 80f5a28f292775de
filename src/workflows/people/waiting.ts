import { CancellationScope, condition } from '@temporalio/workflow';
import { announceWaiting } from '../../domain/ledger/announce.ts';
import type { Waiting } from '../../domain/people/waiting.ts';
import type { RunLedger } from '../run/step/ledger.ts';
import type { Notifications } from './notifications.ts';

/** Waits for people, for one thing at a time. */
export interface WaitingRoom {
  /**
   * Shows what is waited for, tells people at once and again at half the time, and ends with the answer or the deadline.
   * @param open makes what is waited for when its turn has come; undefined: nothing is to be waited for any more.
   * @returns whether the answer came in time.
   */
  waitFor(open: () => Waiting | undefined, isOver: () => boolean): Promise<boolean>;
}

/** @param shown is told what is waited for now; undefined: nothing any more. */
export function openWaitingRoom(
  ledger: RunLedger,
  notifications: Notifications,
  shown: (waiting: Waiting | undefined) => void,
): WaitingRoom {
  let turn: Promise<unknown> = Promise.resolve();

  async function wait(open: () => Waiting | undefined, isOver: () => boolean): Promise<boolean> {
    const scope = CancellationScope.current();
    // A cancelled run asks nobody: what would be opened here would end at once.
    if (scope.consideredCancelled) await scope.cancelRequested;
    const waiting = open();
    if (!waiting) return true;
    const half = Math.max(1, Math.round((Date.parse(waiting.dueAt) - Date.parse(waiting.openedAt)) / 2));
    const say = (reminder: boolean) => {
      const report = ledger.report();
      if (report.request) notifications.tell(announceWaiting(report, report.request, waiting, reminder));
    };
    ledger.showWaiting(waiting);
    shown(waiting);
    say(false);
    try {
      if (await condition(isOver, half, { summary: `${waiting.id}: half of its time` })) return true;
      say(true);
      return await condition(isOver, half, { summary: deadlineOf(waiting) });
    } finally {
      ledger.showWaiting(undefined);
      shown(undefined);
    }
  }

  return {
    waitFor(open, isOver) {
      const mine = turn.then(() => wait(open, isOver));
      turn = mine.catch(() => undefined);
      return mine;
    },
  };
}

/** As the history has it: for a decision with what is done then, which whoever reads it would have to guess. */
function deadlineOf(waiting: Waiting): string {
  const then = waiting.kind === 'decision' ? `, then ${waiting.atDeadline}` : '';
  return `${waiting.id}: deadline${then}`;
}
