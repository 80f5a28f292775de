import { lstat, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { RunbookError } from '../../../domain/errors.ts';
import { isInside, partsBetween } from '../files/inside.ts';
import type { ProjectFolder } from '../files/project-folder.ts';
import { writeTemporary } from '../files/temporary-file.ts';
import type { HashOf } from './contents.ts';
import { RecordFolder } from './record-folder.ts';
import { ServiceState } from './service-state.ts';

/** Room that a rollback needs for its records, in bytes: what the proof beforehand asks for. */
const PROBE_BYTES = 16 * 1024;

/**
 * The folder beside the compose file in which evidence, snapshots, the change under way and the audit are kept. It is
 * made with the first write, for the owner alone, with a .gitignore: it may hold what env files hold. It is never a
 * link and never leaves the project folder.
 */
export class StateFolder {
  /** Real path. */
  readonly path: string;
  readonly #folder: RecordFolder;
  readonly #below: RecordFolder;
  #hidden: Promise<void> | undefined;

  /**
   * @param path relative to the project folder.
   * @throws RunbookError `InvalidConfig` when it is not inside the project folder.
   */
  constructor(project: ProjectFolder, path = '.runbook') {
    this.path = resolve(project.path, path);
    if (!isInside(project.path, this.path) || this.path === project.path) {
      throw new RunbookError(
        'InvalidConfig',
        `the state folder ${path} is not inside the project folder ${project.path}`,
      );
    }
    const parts = partsBetween(project.path, this.path);
    this.#folder = new RecordFolder(project.path, parts);
    this.#below = new RecordFolder(project.path, parts, () => this.#hideFromGit());
  }

  /** What is kept of a service. @param seal keyed hash of a secret; without one none is kept. Any name that Compose allows has a folder of its own. */
  service(name: string, seal: HashOf = () => undefined): ServiceState {
    if (!/^[\w.-]+$/.test(name)) throw new TypeError(`no service name: ${name}`);
    // A leading dot would make `..` and .gitignore of ours; no name of Compose has a percent sign.
    return new ServiceState(this.#below.below(name.replace(/^\./, '%2e')), seal);
  }

  /** Makes the folder. @returns its real path, for a lock. @throws RunbookError `FileNotWritten`. */
  async create(): Promise<string> {
    await this.#hideFromGit();
    return this.path;
  }

  /** Proves that records can be written, and leaves nothing but the folder. @throws RunbookError `FileNotWritten`. */
  async proveWritable(): Promise<void> {
    await this.#below.within(async (folder) => {
      const probe = await writeTemporary(folder, 'probe', Buffer.alloc(PROBE_BYTES));
      await rm(folder.at(probe), { force: true });
    });
  }

  /** Once, unless it fails: one object writes for one step. */
  async #hideFromGit(): Promise<void> {
    this.#hidden ??= this.#hide();
    try {
      await this.#hidden;
    } catch (error) {
      this.#hidden = undefined;
      throw error;
    }
  }

  async #hide(): Promise<void> {
    const isHidden = await this.#folder.within(
      async (folder) => (await lstat(folder.at('.gitignore')).catch(() => undefined)) !== undefined,
    );
    if (!isHidden) await this.#folder.write('.gitignore', '*\n');
  }
}
