import type { Desk } from './desk.ts';
import { type Journal, periodOf } from './journal.ts';
import type { WaitingRoom } from './waiting.ts';

/**
 * Where a paused run stops: before the next step. It goes on by itself when the longest pause is over.
 * @returns nothing when the gate is open: a wait that is none would still change the order of commands in histories.
 */
export type Gate = () => Promise<void> | undefined;

export function openGate(journal: Journal, desk: Desk, room: WaitingRoom): Gate {
  let count = 0;

  async function stop(pauseMs: number): Promise<void> {
    const open = () => {
      if (!desk.pausedBy) return undefined;
      count += 1;
      return { kind: 'pause', id: `pause-${count}`, ...desk.pausedBy, ...periodOf(pauseMs) } as const;
    };
    const isOver = () => desk.pausedBy === undefined;
    if (await room.waitFor(open, isOver)) return;
    delete desk.pausedBy;
    journal.record({ kind: 'resume', summary: 'goes on: the longest pause is over' });
  }

  return () => {
    const pauseMs = journal.policy()?.pauseMs;
    return pauseMs === undefined || !desk.pausedBy ? undefined : stop(pauseMs);
  };
}
