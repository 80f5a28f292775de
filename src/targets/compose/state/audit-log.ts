import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { RunbookError } from '../../../domain/errors.ts';
import { LockFileHeld, withLockFile } from '../../../locks/lock-file.ts';
import type { AnchoredFolder } from '../files/anchored-folder.ts';
import { readIn } from '../files/read-file.ts';
import { type AuditEntry, type AuditTrail, addition, readChain } from './audit-chain.ts';
import type { RecordFolder } from './record-folder.ts';

const NAME = 'audit.jsonl';
/** Longest log, in bytes: tens of thousands of changes. */
const LIMIT_BYTES = 64 * 1024 * 1024;
/** Another entry takes a moment to write. */
const WAIT_MS = 10_000;
const APPEND = constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NOFOLLOW;

/**
 * What was changed, one JSON line an event. It outlives the retention of workflow histories. Every line holds the
 * hash of the one before, so that a line that was changed or taken out shows.
 */
export class AuditLog {
  readonly #folder: RecordFolder;

  constructor(folder: RecordFolder) {
    this.#folder = folder;
  }

  /**
   * Adds an entry: one write, synced. Writers exclude each other by a lock file.
   * @returns false when its key is in the log already; then nothing is added.
   * @throws RunbookError `FileNotWritten`, `TargetLocked`.
   */
  append(entry: AuditEntry, signal: AbortSignal): Promise<boolean> {
    return this.#folder.within(async (folder) => {
      const options = { signal, waitMs: WAIT_MS, note: 'audit log' };
      try {
        return await withLockFile(folder.at('audit.lock'), options, () => this.#add(folder, entry));
      } catch (error) {
        if (!(error instanceof LockFileHeld)) throw error;
        const { message } = new LockFileHeld(join(folder.path, 'audit.lock'), error.holder);
        throw new RunbookError('TargetLocked', message, { cause: error });
      }
    });
  }

  /** Reads the log and follows its chain. */
  async verify(): Promise<AuditTrail> {
    const log = await this.#folder.read(NAME, LIMIT_BYTES);
    return readChain(log ?? Buffer.alloc(0), `${this.#folder.path}/${NAME}`);
  }

  async #add(folder: AnchoredFolder, entry: AuditEntry): Promise<boolean> {
    const log = (await readIn(folder, NAME, folder.path, LIMIT_BYTES))?.bytes ?? Buffer.alloc(0);
    const trail = readChain(log, NAME);
    const isThere = trail.entries.some(({ key }) => key === entry.key);
    const handle = await open(folder.at(NAME), APPEND, 0o600);
    try {
      if (!isThere) await writeWhole(handle, log.length, addition(log, trail, entry));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await folder.sync();
    return !isThere;
  }
}

/** A disk that gets full in the middle of a line must not leave half of it. */
async function writeWhole(handle: FileHandle, length: number, bytes: Buffer): Promise<void> {
  try {
    const { bytesWritten } = await handle.write(bytes);
    if (bytesWritten === bytes.length) return;
    throw Object.assign(new Error('disk full'), { code: 'ENOSPC', syscall: 'write' });
  } catch (error) {
    await handle.truncate(length).catch(() => undefined);
    throw error;
  }
}
