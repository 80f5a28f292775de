import { randomUUID } from 'node:crypto';
import { link, open, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  describeHolder,
  holderOf,
  isHeld,
  type LockFileHolder,
  ownMark,
  parseMark,
  processMark,
} from './mark.ts';

/** The holder touches its lock this often. */
const BEAT_MS = 5000;
/** A lock of another machine not touched for this long has lost its owner. */
const SILENT_MS = 60_000;
const POLL_MS = 100;

export interface LockFileOptions {
  readonly signal: AbortSignal;
  /** How long to wait for another holder, in milliseconds; after it the call rejects with {@link LockFileHeld}. */
  readonly waitMs: number;
  /** Told once, when somebody else holds the lock. */
  readonly onWait?: (holder: LockFileHolder | undefined) => void;
  /**
   * How long a holder on another machine, whose process cannot be examined, may be silent before its lock is taken
   * over, in milliseconds. Default: a minute.
   */
  readonly silentMs?: number;
  /** Who takes it and what for, shown to those who wait: a workflow id. No secret. */
  readonly note?: string;
}

/** A lock file that is held. */
export interface HeldLockFile {
  /** Gives it back. A lock that somebody else has taken over meanwhile is left alone. */
  release(): Promise<void>;
  /**
   * Notes a process that was started under this lock: should its starter be killed, the lock counts as held until
   * that process has ended too. One at a time; `undefined` when it has ended. Only a process that waits for this
   * call before it does anything leaves no gap.
   * @throws LockFileHeld when somebody else has taken the lock over.
   */
  owns(child: number | undefined): Promise<void>;
}

/** The lock file is held by somebody else. */
export class LockFileHeld extends Error {
  override readonly name = 'TimeoutError';
  readonly holder: LockFileHolder | undefined;

  constructor(file: string, holder: LockFileHolder | undefined) {
    super(`${file} is held by ${holder ? describeHolder(holder) : 'somebody who left no readable mark'}`);
    this.holder = holder;
  }
}

/**
 * Runs work while holding a lock file, so that processes do not do the same work at once. A lock whose owner has
 * ended is taken over; an owner that was only stopped keeps it.
 */
export async function withLockFile<T>(
  file: string,
  options: LockFileOptions,
  work: (lock: HeldLockFile) => Promise<T>,
): Promise<T> {
  const lock = await takeLockFile(file, options);
  try {
    return await work(lock);
  } finally {
    await lock.release();
  }
}

/**
 * Takes the lock. The file lies in a folder that is there.
 * @throws LockFileHeld when it was not free in time; what the file system says when it cannot be written.
 */
export async function takeLockFile(file: string, options: LockFileOptions): Promise<HeldLockFile> {
  const { signal, onWait, silentMs = SILENT_MS } = options;
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(options.waitMs)]);
  const mark = ownMark(options.note);
  let told = false;
  for (;;) {
    signal.throwIfAborted();
    if (await take(file, JSON.stringify(mark))) break;
    if (await removeOrphan(file, silentMs)) continue;
    if (!told) onWait?.(await readHolder(file));
    told = true;
    if (deadline.aborted && !signal.aborted) throw new LockFileHeld(file, await readHolder(file));
    await sleep(POLL_MS, undefined, { signal: deadline }).catch(() => undefined);
  }
  const beat = setInterval(() => {
    const now = new Date();
    utimes(file, now, now).catch(() => undefined);
  }, BEAT_MS);
  beat.unref();
  const isOurs = async () => parseMark((await content(file)) ?? '')?.id === mark.id;
  return {
    async release() {
      clearInterval(beat);
      if (await isOurs()) await rm(file, { force: true });
    },
    async owns(child) {
      const next = { ...mark, ...(child === undefined ? {} : { child: processMark(child) }) };
      if (!(await isOurs())) throw new LockFileHeld(file, await readHolder(file));
      await appear(file, JSON.stringify(next), (own) => rename(own, file));
    },
  };
}

/** The lock appears with its content: written under another name and linked, which fails when the name is taken. */
async function take(file: string, text: string): Promise<boolean> {
  try {
    await appear(file, text, (own) => link(own, file));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function appear(file: string, text: string, name: (own: string) => Promise<void>): Promise<void> {
  const own = `${file}.${randomUUID()}`;
  const handle = await open(own, 'wx');
  try {
    await handle.writeFile(text).finally(() => handle.close());
    await name(own);
  } finally {
    await rm(own, { force: true });
  }
}

/** @returns whether the lock may be free now. */
async function removeOrphan(file: string, silentMs: number): Promise<boolean> {
  const [text, known] = await Promise.all([content(file), stat(file).catch(() => undefined)]);
  if (text === undefined || !known) return false;
  const mark = parseMark(text);
  if (mark && isHeld(mark, Date.now() - known.mtimeMs < silentMs)) return false;
  // Two may see the same orphan: only one rename succeeds, and a fresh lock that it caught is put back.
  const aside = `${file}.${randomUUID()}`;
  try {
    await rename(file, aside);
    if ((await content(aside)) !== text) await link(aside, file).catch(() => undefined);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  } finally {
    await rm(aside, { force: true });
  }
  return true;
}

async function readHolder(file: string): Promise<LockFileHolder | undefined> {
  const mark = parseMark((await content(file)) ?? '');
  return mark && holderOf(mark);
}

function content(file: string): Promise<string | undefined> {
  return readFile(file, 'utf8').catch(() => undefined);
}
