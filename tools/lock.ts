import { randomUUID } from 'node:crypto';
import { link, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { startOf } from './processes/registry.ts';

/** The holder touches its lock this often. */
const BEAT_MS = 5000;
/** A lock of another machine not touched for this long has lost its owner. */
const SILENT_MS = 60_000;
const POLL_MS = 100;

export interface LockOptions {
  readonly signal: AbortSignal;
  /** How long to wait for another holder, in milliseconds; after it the call rejects with `TimeoutError`. */
  readonly waitMs: number;
  /** Told once, when somebody else holds the lock. */
  readonly onWait?: () => void;
  /**
   * How long a holder on another machine, whose process cannot be looked at, may be silent before its lock is taken
   * over, in milliseconds. Default: a minute.
   */
  readonly silentMs?: number;
}

/** Who holds a lock. A process number alone is not enough: numbers are used again. */
interface Mark {
  readonly pid: number;
  readonly host: string;
  readonly id: string;
  readonly startedAt?: string | undefined;
}

/**
 * Runs work while holding a lock file, so that processes of one user do not do the same work at once. A lock whose
 * owner has ended is taken over; an owner that was only stopped keeps it.
 */
export async function withLock<T>(file: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const release = await takeLock(file, options);
  try {
    return await work();
  } finally {
    await release();
  }
}

/** Takes the lock, and gives the function that releases it. */
export async function takeLock(file: string, options: LockOptions): Promise<() => Promise<void>> {
  const patience = AbortSignal.any([options.signal, AbortSignal.timeout(options.waitMs)]);
  const { pid } = process;
  const own: Mark = { pid, host: hostname(), id: randomUUID(), startedAt: startOf(pid) };
  const mark = JSON.stringify(own);
  for (let told = false; !(await take(file, mark)); told = true) {
    if (!told) options.onWait?.();
    patience.throwIfAborted();
    await removeOrphan(file, options.silentMs ?? SILENT_MS);
    await sleep(POLL_MS, undefined, { signal: patience }).catch(() => patience.throwIfAborted());
  }
  const beat = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => undefined);
  }, BEAT_MS);
  beat.unref();
  return async () => {
    clearInterval(beat);
    if ((await content(file)) === mark) await rm(file, { force: true });
  };
}

async function take(file: string, mark: string): Promise<boolean> {
  // The lock appears with its content: written under another name and linked, which fails when the name is taken.
  const own = `${file}.${randomUUID()}`;
  const handle = await open(own, 'wx');
  try {
    await handle.writeFile(mark);
    await handle.close();
    await link(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(own, { force: true });
  }
}

async function removeOrphan(file: string, silentMs: number): Promise<void> {
  const [mark, known] = await Promise.all([content(file), stat(file).catch(() => undefined)]);
  if (mark === undefined || !known) return;
  if (isHeld(mark, Date.now() - known.mtimeMs < silentMs)) return;
  // Two may see the same orphan: only one rename succeeds, and a fresh lock that it caught is put back.
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
    if ((await content(aside)) !== mark) await link(aside, file).catch(() => undefined);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

function content(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}

/** A holder on this machine is judged by its process alone: one that was stopped for a while is silent, not gone. */
function isHeld(text: string, wasTouched: boolean): boolean {
  const mark = parse(text);
  if (!mark) return false;
  if (mark.host !== hostname()) return wasTouched;
  const now = startOf(mark.pid);
  return mark.startedAt ? now === mark.startedAt : wasTouched && now !== undefined;
}

function parse(text: string): Mark | undefined {
  try {
    return JSON.parse(text) as Mark;
  } catch {
    return undefined;
  }
}
