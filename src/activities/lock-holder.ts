import { RunbookError } from '../domain/errors.ts';
import type { StepContext } from './step.ts';

/** The run for which a lock is open. */
export interface HoldingRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly isOpen: boolean;
  /** True when the lock has come to it from a run that was reset: the server does not end it with this one. */
  readonly isHeir: boolean;
}

/** An open lock: a child workflow of the run that holds it. */
export interface OpenLock {
  /** Run id of the lock itself. */
  readonly runId: string;
  readonly holder: HoldingRun;
}

/** A workflow that has the id of a lock and is none: somebody has started it. */
export interface ForeignLock {
  readonly runId: string;
  /** Its workflow type. */
  readonly foreign: string;
}

/** The workflow type of locks, as every history has it. */
const LOCK_TYPE = 'claim';

/** A run is reset a few times at the most. */
const LONGEST_CHAIN = 100;

/**
 * Reads a lock and the run that it is open for. A reset closes a run and leaves its lock open, for the run that
 * goes on in its place: that one holds it.
 * @returns undefined when the lock is not open.
 */
export async function openLock(
  readRun: StepContext['readRun'],
  lockId: string,
): Promise<OpenLock | ForeignLock | undefined> {
  const lock = await readRun(lockId);
  if (!lock?.isOpen) return undefined;
  if (lock.type !== LOCK_TYPE || !lock.parent) return { runId: lock.runId, foreign: lock.type };
  const { workflowId } = lock.parent;
  let { runId } = lock.parent;
  for (let resets = 0; ; resets += 1) {
    const run = await readRun(workflowId, runId);
    const next = run?.resetTo;
    if (!next || resets === LONGEST_CHAIN) {
      const isOpen = run?.isOpen ?? false;
      return { runId: lock.runId, holder: { workflowId, runId, isOpen, isHeir: resets > 0 } };
    }
    runId = next;
  }
}

/** A run that was reset believes what its history says of the lock; another run may hold it by now. */
export async function assertLocked(
  { readRun, workflowId, runId }: StepContext,
  lockId: string,
): Promise<void> {
  const lock = await openLock(readRun, lockId);
  const holder = lock && 'holder' in lock ? lock.holder : undefined;
  if (holder?.workflowId === workflowId && holder.runId === runId) return;
  throw new RunbookError(
    'ClaimLost',
    'the run was reset and does not hold the lock of its target any more; nothing was written',
  );
}
