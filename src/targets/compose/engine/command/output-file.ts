import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Output that is read, in bytes. */
const LIMIT_BYTES = 256 * 1024;

/**
 * A file without a name that takes the output of a program which must outlive its reader: one that writes into a pipe
 * is ended by the system when the reader is killed.
 */
export class OutputFile {
  readonly #handle: FileHandle;

  private constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  static async open(): Promise<OutputFile> {
    const path = join(tmpdir(), `runbook-output-${randomUUID()}`);
    const handle = await open(path, 'wx+', 0o600);
    await rm(path, { force: true });
    return new OutputFile(handle);
  }

  get fd(): number {
    return this.#handle.fd;
  }

  /** The end of what was written. */
  async text(): Promise<string> {
    const { size } = await this.#handle.stat();
    const length = Math.min(size, LIMIT_BYTES);
    const { buffer } = await this.#handle.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.toString('utf8');
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
