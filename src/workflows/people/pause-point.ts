import { periodOf, type RunLedger } from '../run/step/ledger.ts';
import type { Inbox } from './inbox.ts';
import type { WaitingRoom } from './waiting.ts';

/**
 * Where a paused run stops: before the next step. It goes on by itself when the longest pause is over.
 * @returns nothing when the run is not paused: a wait that is none would still change the order of commands in histories.
 */
export type PausePoint = () => Promise<void> | undefined;

export function openPausePoint(ledger: RunLedger, inbox: Inbox, room: WaitingRoom): PausePoint {
  let count = 0;

  async function stop(pauseMs: number): Promise<void> {
    const open = () => {
      if (!inbox.pausedBy) return undefined;
      count += 1;
      return { kind: 'pause', id: `pause-${count}`, ...inbox.pausedBy, ...periodOf(pauseMs) } as const;
    };
    const isOver = () => inbox.pausedBy === undefined;
    if (await room.waitFor(open, isOver)) return;
    delete inbox.pausedBy;
    ledger.record({ kind: 'resume', summary: 'goes on: the longest pause is over' });
  }

  return () => {
    const pauseMs = ledger.policy()?.pauseMs;
    return pauseMs === undefined || !inbox.pausedBy ? undefined : stop(pauseMs);
  };
}
