import type { ComposeProfile } from '../../../domain/request/profile.ts';
import type { ComposeCall, ComposeCommand } from '../engine/command/compose-command.ts';
import type { ResolvedService } from '../engine/command/resolved-service.ts';
import type { ProjectFile } from '../files/read-file.ts';
import { assertComposeFindsTheSame } from './found-by-compose.ts';
import type { LoadedProject } from './load-project.ts';

/** The versions that a service goes to and fro between, and some more. */
const HELD = 12;

/**
 * What Compose makes of a project. The same files give the same model: it is asked once for them, and held by everything
 * that goes in, as long as the worker lives. That is how it is called, and the content of every file that it reads (of the
 * other services too), whether it was there or not; environment and command are the worker's own and never change.
 */
export class ComposeModels {
  readonly #compose: ComposeCommand;
  readonly #profile: ComposeProfile;
  readonly #held = new Map<string, unknown>();
  readonly #keys = new WeakMap<LoadedProject, Promise<string | undefined>>();

  constructor(compose: ComposeCommand, profile: ComposeProfile) {
    this.#compose = compose;
    this.#profile = profile;
  }

  /** Of the files that we have chosen. @throws ComposeFileUnsupported when Compose refuses them. */
  of(project: LoadedProject, signal: AbortSignal): Promise<ResolvedService> {
    return this.#once('of', project, () =>
      this.#compose.config(project.invocation, this.#profile.service, signal),
    );
  }

  /** As `of`, which was asked, where Compose by itself takes the same files. @throws ComposeFileUnsupported where it does not. */
  async judged(
    project: LoadedProject,
    asked: Promise<ResolvedService>,
    signal: AbortSignal,
  ): Promise<ResolvedService> {
    const [ours, byItself] = await Promise.all([
      asked,
      this.#once('by itself', project, () =>
        this.#compose.config(callOf(project, this.#profile), this.#profile.service, signal),
      ),
    ]);
    const { invocation, service } = project;
    assertComposeFindsTheSame(ours, byItself, { project: invocation.project, service: service.name });
    return ours;
  }

  /** Compose's hash of the service; nothing where it tells none. */
  hash(project: LoadedProject, signal: AbortSignal): Promise<string | undefined> {
    return this.#once('hash', project, () =>
      this.#compose.configHash(project.invocation, project.service.name, signal),
    );
  }

  async #once<T>(what: string, project: LoadedProject, ask: () => Promise<T>): Promise<T> {
    const state = await this.#keyOf(project);
    if (state === undefined) return ask();
    const key = `${what} ${state}`;
    if (this.#held.has(key)) {
      const held = this.#held.get(key) as T;
      this.#hold(key, held);
      return held;
    }
    const answer = await ask();
    // Compose has read what is there by now: that has to be what the answer is held by.
    const isStill = (await keyOf(project, (path) => project.folder.read(path))) === state;
    if (isStill) this.#hold(key, answer);
    return answer;
  }

  #hold(key: string, answer: unknown): void {
    this.#held.delete(key);
    this.#held.set(key, answer);
    const [oldest] = this.#held.keys();
    if (this.#held.size > HELD && oldest !== undefined) this.#held.delete(oldest);
  }

  #keyOf(project: LoadedProject): Promise<string | undefined> {
    const asRead = async (path: string) =>
      project.read.get(path) ?? (project.absent.includes(path) ? undefined : project.folder.read(path));
    const known = this.#keys.get(project) ?? keyOf(project, asRead);
    this.#keys.set(project, known);
    return known;
  }
}

/** What goes in; nothing where a file goes in that is not of the project folder. */
async function keyOf(
  { invocation, service, read, absent, files: pins }: LoadedProject,
  fileAt: (path: string) => Promise<ProjectFile | undefined>,
): Promise<string | undefined> {
  // Secrets it does not read.
  const isSecret = (path: string) => pins.some((pin) => pin.path === path && pin.kind === 'secret');
  const known = [...read.keys()].filter((path) => !isSecret(path));
  const paths = [...new Set([...known, ...absent, ...service.envFilesOfOthers])].sort();
  // Compose takes it for a folder of the user's.
  if (paths.some((path) => path.startsWith('~'))) return undefined;
  try {
    const files = await Promise.all(paths.map(async (path) => [path, (await fileAt(path))?.sha256 ?? null]));
    return JSON.stringify([invocation, files]);
  } catch {
    // One that leads out of the folder, or cannot be read.
    return undefined;
  }
}

/** How somebody calls Compose in the folder who names what the profile names. */
function callOf({ invocation: { folder, profiles } }: LoadedProject, profile: ComposeProfile): ComposeCall {
  const { files, envFiles, project, projectDirectory: directory } = profile;
  return {
    folder,
    profiles,
    ...(files ? { files } : {}),
    ...(envFiles ? { envFiles } : {}),
    ...(project === undefined ? {} : { project }),
    ...(directory === undefined ? {} : { directory }),
  };
}
