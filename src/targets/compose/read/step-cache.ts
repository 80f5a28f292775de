import type { ComposeProfile } from '../../../domain/request/profile.ts';
import type { ManifestDescriptor } from '../../../registry/index.ts';
import type { EvidenceReader } from '../../evidence/read-record.ts';
import { type EvidenceKey, sealedHash } from '../../evidence/seal.ts';
import type { ResolvedService } from '../engine/command/resolved-service.ts';
import type { Docker, EngineInfo } from '../engine/docker.ts';
import type { ServiceName } from '../engine/objects/compose-labels.ts';
import type { Container, LabelledContainer } from '../engine/objects/containers.ts';
import type { LocalImage } from '../engine/objects/images.ts';
import { contentHash } from '../files/content-hash.ts';
import { HeldFiles } from '../files/held-files.ts';
import { ProjectFolder } from '../files/project-folder.ts';
import type { ProjectFile } from '../files/read-file.ts';
import type { ComposeModels } from '../load/compose-models.ts';
import { type LoadedProject, loadProject } from '../load/load-project.ts';
import type { Seal } from '../project/index.ts';
import type { Journaled } from '../state/change-journal.ts';
import { type ServiceState, StateFolder } from '../state/index.ts';
import { recordedIn } from './recorded-versions.ts';

export interface StepCacheParts {
  readonly profile: ComposeProfile;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly docker: Docker;
  readonly models: ComposeModels;
  readonly clock: () => number;
  /** Where evidence has to be signed. */
  readonly evidenceKey?: EvidenceKey | undefined;
}

/** Evidence and snapshots, as they were read. */
export type Recorded = Awaited<ReturnType<typeof recordedIn>>;

/**
 * What one step has read: each thing when it is first asked for, and once. The stages of a step hand it on, and say in
 * their signatures what they take of it (`Pick<StepCache, 'project' | 'containers'>`).
 *
 * It is of one moment. After a change, a wait, or whatever else lets time pass, the step goes on with what is read `anew`.
 * What is compared and set is read where it is written, whatever is held here: files right before they are replaced
 * (`ProjectFolder.replace`), the engine's identity under the lock.
 */
export class StepCache {
  readonly #parts: StepCacheParts;
  readonly #signal: AbortSignal;
  readonly #held: Map<string, Promise<unknown>>;

  constructor(parts: StepCacheParts, signal: AbortSignal, held = new Map<string, Promise<unknown>>()) {
    this.#parts = parts;
    this.#signal = signal;
    this.#held = held;
  }

  /** What is held, for another step that runs at the same time, or for a part of this one that is not cancelled. */
  sharedWith(signal: AbortSignal): StepCache {
    return new StepCache(this.#parts, signal, this.#held);
  }

  /** Nothing is held any more but what is known otherwise: containers that were just inspected. */
  anew(signal: AbortSignal, containers?: readonly Container[]): StepCache {
    const held = containers ? [['containers', Promise.resolve(containers)] as const] : [];
    return new StepCache(this.#parts, signal, new Map(held));
  }

  /** The project as its files are. @throws WorkloadMissing, ComposeFileUnsupported, AccessDenied. */
  project(): Promise<LoadedProject> {
    return this.projectWith(NOTHING);
  }

  /** The project as it would be with other contents of some of its files. @throws as `project`. */
  projectWith(instead: ReadonlyMap<string, Buffer>): Promise<LoadedProject> {
    const { profile, environment } = this.#parts;
    const contents = [...instead].map(([path, content]) => [path, contentHash(content)]).sort();
    return this.#once(`project ${JSON.stringify(contents)}`, async () =>
      loadProject({ profile, environment, files: await this.#files(), instead, seal: () => this.#seal() }),
    );
  }

  /** A file of the project, as the project was read; a secret with its keyed hash. */
  async file(path: string): Promise<ProjectFile | undefined> {
    const [files, project] = await Promise.all([this.#files(), this.project()]);
    const file = await files.read(path);
    const isSecret = project.files.some((pin) => pin.kind === 'secret' && pin.path === path);
    return file && isSecret && project.seal ? { ...file, sha256: project.seal(file.sha256) } : file;
  }

  /** What Compose makes of the files. @throws ComposeFileUnsupported. */
  model(): Promise<ResolvedService> {
    return this.#once('model', async () => this.#parts.models.of(await this.project(), this.#signal));
  }

  /** As `model`, and it finds the same files by itself. @throws ComposeFileUnsupported. */
  judgedModel(): Promise<ResolvedService> {
    return this.#once('judged model', async () =>
      this.#parts.models.judged(await this.project(), this.model(), this.#signal),
    );
  }

  /** How the engine knows the service. */
  async name(): Promise<ServiceName> {
    return serviceNameOf(await this.project());
  }

  /** Version and identity of the engine; asked once by a worker, where it need not be of now. */
  async engine(): Promise<EngineInfo> {
    return this.#held.has('engine') ? this.engineNow() : this.#parts.docker.info(this.#signal);
  }

  /** As `engine`, asked in this step: a context or DOCKER_HOST may lead to another one than when the plan was made. */
  engineNow(): Promise<EngineInfo> {
    return this.#once('engine', () => this.#parts.docker.info(this.#signal, { fresh: true }));
  }

  containers(): Promise<readonly Container[]> {
    return this.#once('containers', async () =>
      this.#parts.docker.containers(await this.name(), this.#signal),
    );
  }

  /** The content of a file in a container; nothing when it has none there. */
  contentIn(container: string, path: string): Promise<Buffer | undefined> {
    return this.#once(`content of ${path} in ${container}`, () =>
      this.#parts.docker.contentIn(container, path, this.#signal),
    );
  }

  /** The containers of another service of the project. */
  containersOf(service: string): Promise<readonly Container[]> {
    return this.#once(`containers of ${service}`, async () =>
      this.#parts.docker.containers({ ...(await this.name()), service }, this.#signal),
    );
  }

  /** The containers of services of this name, in whatever project. */
  namesakes(): Promise<readonly LabelledContainer[]> {
    return this.#once('namesakes', () =>
      this.#parts.docker.namesakes(this.#parts.profile.service, this.#signal),
    );
  }

  /** The images of a repository that the engine has. */
  images(repository: string): Promise<readonly LocalImage[]> {
    return this.#once(`images ${repository}`, async () => {
      const images = await this.#parts.docker.imagesOf(repository, this.#signal);
      for (const image of images) {
        for (const name of [image.id, ...image.tags, ...image.digests]) {
          const key = `image ${name}`;
          if (!this.#held.has(key)) this.#held.set(key, Promise.resolve(image));
        }
      }
      return images;
    });
  }

  /** An image by reference, digest or ID; nothing when the engine does not have it. */
  image(reference: string): Promise<LocalImage | undefined> {
    return this.#once(`image ${reference}`, () => this.#parts.docker.image(reference, this.#signal));
  }

  /**
   * What a registry has under a tag or digest; held when it has answered.
   * @param name with repository.
   */
  async manifest(
    name: string,
    ask: () => Promise<ManifestDescriptor | undefined>,
  ): Promise<ManifestDescriptor | undefined> {
    const key = `manifest ${name}`;
    const held = this.#held.get(key);
    if (held) return held as Promise<ManifestDescriptor | undefined>;
    const answer = await ask();
    this.#held.set(key, Promise.resolve(answer));
    return answer;
  }

  /** What is kept beside the compose file. */
  state(): Promise<{ readonly folder: StateFolder; readonly state: ServiceState }> {
    return this.#once('state', async () => {
      const { profile } = this.#parts;
      const folder = new StateFolder((await this.#files()).folder, profile.state);
      const sealed = async (content: Uint8Array) => (await this.#seal())?.(contentHash(content));
      return { folder, state: folder.service(profile.service, sealed) };
    });
  }

  /** The last change of ours, or the one that is under way. */
  journal(): Promise<Journaled> {
    return this.#once('journal', async () => (await this.state()).state.journal.read());
  }

  recorded(): Promise<Recorded> {
    return this.#once('recorded', async () => {
      const [{ state }, reader] = await Promise.all([this.state(), this.evidenceReader()]);
      return recordedIn(state, reader);
    });
  }

  /** What evidence of this service is read and written against. @throws SecretUnavailable. */
  evidenceReader(): Promise<EvidenceReader> {
    return this.#once('evidence reader', async () => {
      const { profile, clock } = this.#parts;
      const [key, { project }] = await Promise.all([this.#key(), this.name()]);
      return {
        now: clock(),
        workload: { kind: 'compose', namespace: project, name: profile.service },
        ...(key === undefined ? {} : { key }),
      };
    });
  }

  #key(): Promise<string | undefined> {
    return this.#once('key', async () => this.#parts.evidenceKey?.(this.#signal));
  }

  async #seal(): Promise<Seal | undefined> {
    const key = await this.#key();
    return key === undefined ? undefined : (sha256) => sealedHash(sha256, key);
  }

  #files(): Promise<HeldFiles> {
    return this.#once(
      'files',
      async () => new HeldFiles(await ProjectFolder.open(this.#parts.profile.directory)),
    );
  }

  #once<T>(what: string, read: () => Promise<T>): Promise<T> {
    const held = this.#held.get(what);
    // Each name is asked for at one place, by its type.
    if (held) return held as Promise<T>;
    const asked = read();
    this.#held.set(what, asked);
    return asked;
  }
}

const NOTHING: ReadonlyMap<string, Buffer> = new Map();

/** The name by which the engine knows the service. */
export function serviceNameOf({ invocation, service }: LoadedProject): ServiceName {
  return { project: invocation.project, service: service.name };
}
