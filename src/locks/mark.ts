import { randomUUID } from 'node:crypto';
import { readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { processStartOf } from './process-start.ts';

/** A process that can be told from a later one with the same number. */
interface MarkedProcess {
  readonly pid: number;
  readonly startedAt?: string | undefined;
}

/** Who holds a lock: the content of its file. A process number alone is not enough: numbers are used again. */
export interface Mark extends MarkedProcess {
  readonly host: string;
  readonly id: string;
  /** Where the process number counts: a container on the host's network has its name and numbers of its own. */
  readonly space?: string | undefined;
  readonly note?: string | undefined;
  readonly child?: MarkedProcess | undefined;
}

/** Who holds a lock, for people. */
export interface LockFileHolder {
  readonly pid: number;
  readonly host: string;
  /** What the holder wrote about itself, without control characters, at most 200 of them. */
  readonly note?: string;
  /** Set when the holder itself has ended: the process that it had started and that still runs. */
  readonly leftRunning?: number;
}

/** A mark of this process. */
export function ownMark(note: string | undefined): Mark {
  return { ...processMark(process.pid), host: hostname(), space: spaceOf(), id: randomUUID(), note };
}

/** How a process is written into a mark. */
export function processMark(pid: number): MarkedProcess {
  return { pid, startedAt: processStartOf(pid) };
}

/** The mark of a lock file; nothing when it is none, as after a loss of power. */
export function parseMark(text: string): Mark | undefined {
  try {
    const mark = JSON.parse(text) as Partial<Mark> | null;
    return typeof mark?.pid === 'number' && typeof mark.host === 'string' ? (mark as Mark) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * A holder on this machine is judged by its process alone: one that was stopped for a while is silent, not gone.
 * What it had started and what still runs holds the lock too.
 * @param wasTouched whether the lock was touched lately: all that can be known of a holder elsewhere.
 */
export function isHeld(mark: Mark, wasTouched: boolean): boolean {
  if (!isHere(mark)) return wasTouched;
  return isRunning(mark, wasTouched) || isChildRunning(mark);
}

/** The holder for people; with what it left running when it has ended itself. */
export function holderOf(mark: Mark): LockFileHolder {
  const { pid, host, child } = mark;
  const left = child !== undefined && isHere(mark) && !isRunning(mark, true) && isChildRunning(mark);
  const note = typeof mark.note === 'string' ? withoutControls(mark.note) : '';
  return { pid, host, ...(note ? { note } : {}), ...(left ? { leftRunning: child.pid } : {}) };
}

/** One clause: `process 12 on host-a (rollback-orchestrator)`. */
export function describeHolder({ pid, host, note, leftRunning }: LockFileHolder): string {
  const who = `process ${pid} on ${host}${note ? ` (${note})` : ''}`;
  return leftRunning === undefined ? who : `process ${leftRunning}, left running by ${who}, which has ended`;
}

function isHere({ host, space }: Mark): boolean {
  return host === hostname() && (space === undefined || space === spaceOf());
}

function isRunning({ pid, startedAt }: MarkedProcess, wasTouched: boolean): boolean {
  const now = processStartOf(pid);
  return startedAt ? now === startedAt : wasTouched && now !== undefined;
}

function isChildRunning({ child }: Mark): boolean {
  return child?.startedAt !== undefined && processStartOf(child.pid) === child.startedAt;
}

function withoutControls(note: string): string {
  return note.replaceAll(/\p{Cc}+/gu, ' ').slice(0, 200);
}

function spaceOf(): string | undefined {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return undefined;
  }
}
