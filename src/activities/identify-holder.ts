import { oneLine } from '../domain/redact.ts';
import type { Dependencies } from './dependencies.ts';
import { openLock } from './lock-holder.ts';
import { stepActivity, type Worked } from './step.ts';

/** Who holds the lock of a target. */
export interface Holder {
  /** `closed`: nobody any more, the lock can be taken now. `foreign`: a workflow that is no lock has its id. */
  readonly state: 'open' | 'closed' | 'foreign';
  readonly workflowId?: string;
  readonly runId?: string;
  /** The type of a foreign workflow. */
  readonly type?: string;
}

/** The server ends a lock some milliseconds after its run has closed. In ms. */
const SETTLES_WITHIN_MS = 10_000;
const AGAIN_MS = 50;

/**
 * Runbook 2: which run holds the lock that could not be taken.
 *
 * Reads: the lock's workflow and the run that started it, or goes on in its place since a reset, on the Temporal server.
 * Writes: ends a lock whose run has closed and that the server has left open, as it does after a reset.
 * Result: the holder's ids, or that the lock is free by now, or which workflow has its id without being one.
 * Errors: none of its own; the server's are tried again.
 * Safe to retry: it reads anew, and ends no other lock than the one that it has read.
 */
export function identifyHolder(_deps: Dependencies) {
  return stepActivity(async ({ readRun, terminate, pause }, lockId: string): Promise<Worked<Holder>> => {
    const begun = Date.now();
    for (;;) {
      const lock = await openLock(readRun, lockId);
      if (!lock) return { value: { state: 'closed' }, summary: 'the lock is free again' };
      if ('foreign' in lock) {
        const value = {
          state: 'foreign',
          workflowId: lockId,
          runId: lock.runId,
          type: lock.foreign,
        } as const;
        return { value, summary: `its id is that of a workflow of the type ${oneLine(lock.foreign, 60)}` };
      }
      const { workflowId, runId, isOpen, isHeir } = lock.holder;
      if (isOpen) return { value: { state: 'open', workflowId, runId }, summary: `held by ${workflowId}` };
      if (isHeir || Date.now() - begun > SETTLES_WITHIN_MS)
        await terminate(lockId, lock.runId, `its run ${workflowId} (${runId}) has closed`);
      else await pause(AGAIN_MS);
    }
  });
}
