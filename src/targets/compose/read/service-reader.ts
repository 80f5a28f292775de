import type { ComposeProfile } from '../../../domain/request/profile.ts';
import { parseImage } from '../../../domain/versions/versions.ts';
import type { EvidenceReader } from '../../evidence/read-record.ts';
import type { EvidenceKey } from '../../evidence/seal.ts';
import type { ComposeCall, ComposeCommand } from '../engine/command/compose-command.ts';
import type { ResolvedService } from '../engine/command/resolved-service.ts';
import type { Docker } from '../engine/docker.ts';
import { COMPOSE_LABEL } from '../engine/objects/compose-labels.ts';
import type { Container } from '../engine/objects/containers.ts';
import { digestIn, type LocalImage } from '../engine/objects/images.ts';
import { differencesOf } from '../load/differences.ts';
import { assertComposeFindsTheSame } from '../load/found-by-compose.ts';
import { type LoadedProject, loadProject } from '../load/load-project.ts';
import { assertSameProject } from '../load/started-from.ts';
import { type AuditTrail, type ServiceState, StateFolder } from '../state/index.ts';
import type { ProjectChange } from '../state/project-change.ts';
import { driftOf } from './drift.ts';
import { isHalf } from './half-change.ts';
import type { ImageFinder, ImageSources } from './image-sources.ts';
import { leadingContainer, type ObservedState } from './observed-state.ts';
import { recordedIn } from './recorded-versions.ts';

export interface ServiceReaderParts {
  readonly profile: ComposeProfile;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly docker: Docker;
  readonly compose: ComposeCommand;
  readonly images: ImageFinder;
  readonly clock: () => number;
  /** Where evidence has to be signed. */
  readonly evidenceKey?: EvidenceKey | undefined;
}

/** What is read: all there is for a plan, the files as Compose reads them and the container, or what runs alone. */
export type Depth = 'everything' | 'project' | 'running';

/** Reads files, containers and versions of the service. Changes nothing. */
export class ServiceReader {
  readonly #parts: ServiceReaderParts;
  #underWay: Promise<ObservedState> | undefined;
  #lastRunning: LocalImage | undefined;
  #lastHash: { readonly state: string; readonly hash: string } | undefined;
  /** The files of which Compose has made by itself what we make of them. */
  #lastJudged: string | undefined;

  constructor(parts: ServiceReaderParts) {
    this.#parts = parts;
  }

  /** @throws WorkloadMissing, WorkloadMismatch, ComposeFileUnsupported, Unreachable, AccessDenied, CommandMissing. */
  async read(depth: Depth, signal: AbortSignal): Promise<ObservedState> {
    const { docker, images, profile, clock } = this.#parts;
    const [engine, project] = await Promise.all([docker.info(signal), loadProject(this.#parts)]);
    const { state } = this.stateOf(project);
    const all = depth !== 'running';
    const [containers, recorded, { change: noted, warnings }, resolved, trail] = await Promise.all([
      docker.containers(serviceNameOf(project), signal),
      this.evidenceReader(project, signal).then((reader) => recordedIn(state, reader)),
      state.journal.read(),
      all ? this.#resolved(project, depth, signal) : undefined,
      all ? state.audit.verify() : undefined,
    ]);
    const namesakes = all || containers.length === 0 ? await docker.namesakes(profile.service, signal) : [];
    const identity = await assertSameProject(project, profile, containers, namesakes);
    // What is said of an earlier rollback must not be the word of this one file.
    const isForged = noted !== undefined && trail !== undefined && contradicts(noted, trail);
    const change = isForged ? undefined : noted;
    const leading = leadingContainer(containers);
    const reference = project.service.image;
    const [running, named, sources] = await Promise.all([
      leading ? this.#runningImage(leading, reference, depth, signal) : undefined,
      all || !leading ? docker.image(reference, signal) : undefined,
      depth === 'everything' ? images.list(reference, signal) : NO_SOURCES,
    ]);
    const image = leading ? running : named;
    const half = change !== undefined && isHalf(change, await hashesOf(change, project), containers);
    return {
      engine,
      project,
      containers,
      ...(image ? { image } : {}),
      ...(named ? { named } : {}),
      ...(resolved ? { resolved } : {}),
      drift: resolved && leading ? await driftOf(project, leading, resolved) : [],
      differences:
        resolved && leading && depth === 'everything'
          ? differencesOf(leading, resolved, await this.#hashes(project, leading, resolved, signal))
          : [],
      digests: [change?.to.digest, ...recorded.versions.map(({ content }) => content.digest)].filter(
        (digest) => digest !== undefined,
      ),
      recorded: recorded.versions,
      failures: recorded.failures,
      sources,
      ...(change ? { change } : {}),
      half,
      problems: [
        ...identity,
        ...recorded.problems,
        ...warnings,
        ...(isForged ? [`${state.path}/change.json says otherwise than the audit log, and is ignored`] : []),
        ...(half && change ? [interrupted(change)] : []),
        ...(trail?.faults ?? []),
        ...(trail?.warnings ?? []),
      ],
      at: new Date(clock()).toISOString(),
    };
  }

  /** As `read` of everything; steps that run at the same time share one result. */
  async readShared(signal: AbortSignal): Promise<ObservedState> {
    // Another step's signal may end its read: then this one reads by itself.
    const observedState = await this.#underWay?.catch(() => undefined);
    signal.throwIfAborted();
    if (observedState) return observedState;
    const own = this.read('everything', signal);
    this.#underWay = own;
    try {
      return await own;
    } finally {
      if (this.#underWay === own) this.#underWay = undefined;
    }
  }

  /** What evidence of this service is read and written against. @throws SecretUnavailable. */
  async evidenceReader({ invocation }: LoadedProject, signal: AbortSignal): Promise<EvidenceReader> {
    const { profile, evidenceKey, clock } = this.#parts;
    const key = await evidenceKey?.(signal);
    return {
      now: clock(),
      workload: { kind: 'compose', namespace: invocation.project, name: profile.service },
      ...(key === undefined ? {} : { key }),
    };
  }

  /** After a change of ours the image is to be inspected anew. */
  forget(): void {
    this.#lastRunning = undefined;
  }

  /** The files alone. @throws WorkloadMissing, ComposeFileUnsupported, AccessDenied. */
  project(): Promise<LoadedProject> {
    return loadProject(this.#parts);
  }

  /** What is kept beside the compose file. */
  stateOf({ folder }: LoadedProject): { readonly folder: StateFolder; readonly state: ServiceState } {
    const state = new StateFolder(folder, this.#parts.profile.state);
    return { folder: state, state: state.service(this.#parts.profile.service) };
  }

  /** What Compose makes of the files. @throws ComposeFileUnsupported when by itself it would take others, for a plan. */
  async #resolved(project: LoadedProject, depth: Depth, signal: AbortSignal): Promise<ResolvedService> {
    const { compose, profile } = this.#parts;
    const ours = compose.config(project.invocation, profile.service, signal);
    const state = stateOfFiles(project);
    if (depth !== 'everything' || state === this.#lastJudged) return ours;
    const byItself = compose.config(callOf(project, profile), profile.service, signal);
    assertComposeFindsTheSame(...(await Promise.all([ours, byItself])), serviceNameOf(project));
    this.#lastJudged = state;
    return ours;
  }

  /** Compose's hashes of files and container, where they can be compared: by the same Compose, of the same image. */
  async #hashes(
    project: LoadedProject,
    { image, labels }: Container,
    resolved: ResolvedService,
    signal: AbortSignal,
  ): Promise<{ readonly files: string; readonly container: string } | undefined> {
    const { compose } = this.#parts;
    const { [COMPOSE_LABEL.configHash]: container, [COMPOSE_LABEL.version]: version } = labels;
    const { definition } = project.service;
    const hasEnvFile = (definition as { readonly env_file?: unknown }).env_file !== undefined;
    if (container === undefined || hasEnvFile || image !== resolved.image) return undefined;
    if (version !== (await compose.program(signal)).version) return undefined;
    const state = stateOfFiles(project);
    const known = this.#lastHash?.state === state ? this.#lastHash.hash : undefined;
    const files = known ?? (await compose.configHash(project.invocation, project.service.name, signal));
    if (files === undefined) return undefined;
    this.#lastHash = { state, hash: files };
    return { files, container };
  }

  /** Each run inspects the image anew when it plans; the steps behind that find it with its digest already. */
  async #runningImage(
    { imageId }: Container,
    reference: string,
    depth: Depth,
    signal: AbortSignal,
  ): Promise<LocalImage | undefined> {
    const last = this.#lastRunning;
    const isKnown = last?.id === imageId && digestIn(last, parseImage(reference).repository) !== undefined;
    if (depth === 'running' && isKnown) return last;
    this.#lastRunning = await this.#parts.docker.image(imageId, signal);
    return this.#lastRunning;
  }
}

/** Which files were read, and what they held. */
function stateOfFiles({ invocation, read }: LoadedProject): string {
  return JSON.stringify([invocation, [...read].map(([path, { sha256 }]) => [path, sha256]).sort()]);
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

const NO_SOURCES: ImageSources = { local: [], tags: [], problems: [] };

/** The files that a change replaces, as they are now. */
async function hashesOf(
  { files }: ProjectChange,
  { folder, read }: LoadedProject,
): Promise<ReadonlyMap<string, string | undefined>> {
  const hashes = files.map(async ({ path }) => {
    const file = read.get(path) ?? (await folder.read(path));
    return [path, file?.sha256] as const;
  });
  return new Map(await Promise.all(hashes));
}

/** Whether the audit log has another end of the change than the journal. */
function contradicts({ id, to }: ProjectChange, { entries }: AuditTrail): boolean {
  const entry = entries.find(
    ({ key, event }) => key === id && (event === 'rolled-back' || event === 'restored'),
  );
  const { fingerprint } = (entry?.to ?? to) as { readonly fingerprint?: unknown };
  return fingerprint !== to.fingerprint;
}

function interrupted({ phase, startedAt }: ProjectChange): string {
  return `a change of ${startedAt} was interrupted while ${phase}: files and container do not belong together`;
}

/** The name by which the engine knows the service. */
export function serviceNameOf({ invocation, service }: LoadedProject) {
  return { project: invocation.project, service: service.name };
}
