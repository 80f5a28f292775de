import { RunbookError } from '../../../domain/errors.ts';
import type { ProjectChange } from './project-change.ts';
import type { RecordFolder } from './record-folder.ts';
import { isHash, isInstant, isObject, isText, parseJson } from './shape.ts';

const NAME = 'change.json';
/** Longest entry, in bytes. */
const LIMIT_BYTES = 1024 * 1024;

/** The change that is in the journal; a line when what is there cannot be read. */
export interface Journaled {
  readonly change?: ProjectChange;
  readonly warnings: readonly string[];
}

/**
 * The one change of a service that is under way. It is written before anything is changed and removed at the end:
 * whoever finds it there after a crash knows what was begun. The lock of the project is held.
 */
export class ChangeJournal {
  readonly #folder: RecordFolder;

  constructor(folder: RecordFolder) {
    this.#folder = folder;
  }

  async read(): Promise<Journaled> {
    const bytes = await this.#folder.read(NAME, LIMIT_BYTES).catch((error) => {
      if (error instanceof RunbookError && error.type === 'ComposeFileUnsupported') return Buffer.alloc(0);
      throw error;
    });
    if (!bytes) return { warnings: [] };
    const change = parseJson(bytes.toString('utf8'));
    return isChange(change)
      ? { change, warnings: [] }
      : { warnings: [`${this.#folder.path}/${NAME} is no change that can be read, and is ignored`] };
  }

  /**
   * Begins a change, or goes on with the same one.
   * @param over ID of the one before, whose place it takes.
   * @returns the change as it is in the journal: with the phase that an earlier attempt came to.
   * @throws RunbookError `WorkloadChanged` when another change was begun and not ended.
   */
  async begin(change: ProjectChange, over?: string): Promise<ProjectChange> {
    const { change: found } = await this.read();
    if (found && found.id !== change.id && found.id !== over) throw this.#another(found);
    if (found?.id === change.id) return found;
    await this.#write(change);
    return change;
  }

  /**
   * Notes that the change came further.
   * @param more what else is to be noted with it.
   * @throws RunbookError `WorkloadChanged` when it is not the change in the journal.
   */
  async advance(
    id: string,
    phase: ProjectChange['phase'],
    more: Partial<Omit<ProjectChange, 'id' | 'phase'>> = {},
  ): Promise<ProjectChange> {
    const { change: found } = await this.read();
    if (found?.id !== id) throw this.#another(found);
    const next = { ...found, ...more, phase };
    await this.#write(next);
    return next;
  }

  /** Ends a change. One that is not in the journal has ended before: safe to repeat. */
  async end(id: string): Promise<void> {
    const { change: found } = await this.read();
    if (found?.id === id) await this.#folder.remove(NAME);
  }

  #write(change: ProjectChange): Promise<void> {
    return this.#folder.write(NAME, `${JSON.stringify(change, null, 2)}\n`);
  }

  #another(found: ProjectChange | undefined): RunbookError {
    const what = found
      ? `another change (begun ${found.startedAt}, phase ${found.phase}) is not ended`
      : 'the change is not there any more';
    return new RunbookError('WorkloadChanged', `${this.#folder.path}/${NAME}: ${what}; start a new run`);
  }
}

function isChange(value: unknown): value is ProjectChange {
  return (
    isObject(value) &&
    isText(value.id) &&
    isText(value.phase) &&
    isInstant(value.startedAt) &&
    isSide(value.from) &&
    isSide(value.to) &&
    Array.isArray(value.files) &&
    value.files.every(isFileChange) &&
    isText(value.imageInFiles) &&
    Array.isArray(value.containerIds)
  );
}

function isSide(value: unknown): boolean {
  return (
    isObject(value) && isText(value.version) && isText(value.image) && typeof value.fingerprint === 'string'
  );
}

function isFileChange(value: unknown): boolean {
  return isObject(value) && isText(value.path) && isHash(value.before) && isHash(value.sha256);
}
