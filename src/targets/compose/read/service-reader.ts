import type { ComposeProfile } from '../../../domain/request/profile.ts';
import { parseImage } from '../../../domain/versions/versions.ts';
import type { EvidenceKey } from '../../evidence/seal.ts';
import type { ComposeCommand } from '../engine/command/compose-command.ts';
import type { ResolvedService } from '../engine/command/resolved-service.ts';
import type { Docker } from '../engine/docker.ts';
import { COMPOSE_LABEL } from '../engine/objects/compose-labels.ts';
import type { Container } from '../engine/objects/containers.ts';
import { digestIn, type LocalImage } from '../engine/objects/images.ts';
import { ComposeModels } from '../load/compose-models.ts';
import { differencesOf } from '../load/differences.ts';
import type { LoadedProject } from '../load/load-project.ts';
import { assertSameProject } from '../load/started-from.ts';
import type { AuditTrail } from '../state/index.ts';
import type { ProjectChange } from '../state/project-change.ts';
import { driftOf } from './config/drift.ts';
import { secretsOf } from './config/secrets.ts';
import { type UnseenParts, unseenConfig } from './config/unseen.ts';
import { isHalf } from './half-change.ts';
import type { ImageFinder, ImageSources, ListParts } from './image-sources.ts';
import { type LiveState, leadingContainer, type ObservedState } from './observed-state.ts';
import { type Recorded, StepCache } from './step-cache.ts';

export interface ServiceReaderParts {
  readonly profile: ComposeProfile;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly docker: Docker;
  readonly compose: ComposeCommand;
  readonly images: ImageFinder;
  readonly clock: () => number;
  /** Where evidence has to be signed. */
  readonly evidenceKey?: EvidenceKey | undefined;
  /** Whether the content of secrets is kept, and comes back. */
  readonly keepsSecrets?: boolean | undefined;
}

/** What is read: all there is for a plan, the files as Compose reads them and the container, or what runs alone. */
export type Depth = 'everything' | 'project' | 'running';

/** What is taken of a step to know what runs. */
export type LiveParts = Pick<
  StepCache,
  'engine' | 'project' | 'containers' | 'namesakes' | 'image' | 'journal' | 'recorded'
> &
  UnseenParts;

/** What is taken of a step to know all. */
export type ReadParts = LiveParts & Pick<StepCache, 'model' | 'judgedModel' | 'state'> & ListParts;

/** Reads files, containers and versions of the service. Changes nothing. */
export class ServiceReader {
  readonly #parts: ServiceReaderParts;
  readonly #models: ComposeModels;
  #underWay: { readonly step: StepCache; readonly observedState: Promise<ObservedState> } | undefined;
  #lastRunning: LocalImage | undefined;

  constructor(parts: ServiceReaderParts) {
    this.#parts = parts;
    this.#models = new ComposeModels(parts.compose, parts.profile);
  }

  /** Begins a step: nothing is read yet. */
  step(signal: AbortSignal): StepCache {
    return new StepCache({ ...this.#parts, models: this.#models }, signal);
  }

  /**
   * What makes the version that runs.
   * @throws WorkloadMissing, WorkloadMismatch, ComposeFileUnsupported, Unreachable, AccessDenied, CommandMissing.
   */
  async live(step: LiveParts): Promise<LiveState> {
    return (await this.#live(step, 'running')).live;
  }

  /** @throws as `live`. */
  async read(step: ReadParts, depth: Depth, signal: AbortSignal): Promise<ObservedState> {
    const { images, clock } = this.#parts;
    const all = depth !== 'running';
    const project = await step.project();
    const reference = project.service.image;
    const [{ live, identity }, recorded, { warnings }, resolved, trail, sources] = await Promise.all([
      this.#live(step, depth),
      step.recorded(),
      step.journal(),
      depth === 'everything' ? step.judgedModel() : all ? step.model() : undefined,
      all ? step.state().then(({ state }) => state.audit.verify()) : undefined,
      depth === 'everything' ? images.list(reference, step, signal) : NO_SOURCES,
    ]);
    const { containers, change: noted } = live;
    // What is said of an earlier rollback must not be the word of this one file.
    const isForged = noted !== undefined && trail !== undefined && contradicts(noted, trail);
    const change = isForged ? undefined : noted;
    const leading = leadingContainer(containers);
    const named = all || !leading ? await step.image(reference) : undefined;
    const half = change !== undefined && live.half;
    const { change: _noted, ...known } = live;
    const { path, secrets: kept } = (await step.state()).state;
    const mayComeBack = this.#parts.keepsSecrets === true && project.service.secrets.length > 0;
    return {
      ...known,
      ...(named ? { named } : {}),
      ...(resolved ? { resolved } : {}),
      drift: resolved && leading ? driftOf(live.unseen, leading, resolved) : [],
      differences:
        resolved && leading && depth === 'everything'
          ? differencesOf(leading, resolved, await this.#hashes(project, leading, resolved, signal))
          : [],
      digests: digestsOf(change, recorded),
      recorded: recorded.versions,
      secrets: await secretsOf(project),
      keptSecrets: mayComeBack ? await kept.hashes() : new Set<string>(),
      failures: recorded.failures,
      sources,
      ...(change ? { change } : {}),
      half,
      problems: [
        ...identity,
        ...recorded.problems,
        ...warnings,
        ...(isForged ? [`${path}/change.json says otherwise than the audit log, and is ignored`] : []),
        ...(half && change ? [interrupted(change)] : []),
        ...(trail?.faults ?? []),
        ...(trail?.warnings ?? []),
      ],
      at: new Date(clock()).toISOString(),
    };
  }

  /** As `read` of everything; steps that run at the same time share what was read. */
  async readShared(
    signal: AbortSignal,
  ): Promise<{ readonly step: StepCache; readonly observedState: ObservedState }> {
    signal.throwIfAborted();
    const other = this.#underWay;
    // Another step's signal may end its read: then this one reads by itself.
    const theirs = other && (await other.observedState.catch(() => undefined));
    signal.throwIfAborted();
    if (other && theirs) return { step: other.step.sharedWith(signal), observedState: theirs };
    const step = this.step(signal);
    const own = { step, observedState: this.read(step, 'everything', signal) };
    this.#underWay = own;
    try {
      return { step, observedState: await own.observedState };
    } finally {
      if (this.#underWay === own) this.#underWay = undefined;
    }
  }

  /** After a change of ours the image is to be inspected anew. */
  forget(): void {
    this.#lastRunning = undefined;
  }

  async #live(
    step: LiveParts,
    depth: Depth,
  ): Promise<{ readonly live: LiveState; readonly identity: readonly string[] }> {
    const { profile } = this.#parts;
    const all = depth !== 'running';
    // The engine is asked first: of one that cannot be reached nothing else is to be told.
    const [engine, project, containers, { change }, others] = await Promise.all([
      step.engine(),
      step.project(),
      step.containers(),
      step.journal(),
      all ? step.namesakes() : undefined,
    ]);
    const namesakes = others ?? (containers.length === 0 ? await step.namesakes() : []);
    const identity = await assertSameProject(project, profile, containers, namesakes);
    const leading = leadingContainer(containers);
    const reference = project.service.image;
    const image = leading
      ? await this.#runningImage(leading, reference, depth, step)
      : await step.image(reference);
    // By one digest the image is known, whatever is recorded.
    const digests = (image?.digests.length ?? 0) > 1 ? digestsOf(change, await step.recorded()) : [];
    const half = change !== undefined && isHalf(change, await hashesOf(change, project), containers);
    const live = {
      ...{ engine, project, containers, digests, half },
      unseen: await unseenConfig(project, leading, change, step),
      ...(image ? { image } : {}),
      ...(change ? { change } : {}),
    };
    return { live, identity };
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
    const files = await this.#models.hash(project, signal);
    return files === undefined ? undefined : { files, container };
  }

  /** Each run inspects the image anew when it plans; the steps behind that find it with its digest already. */
  async #runningImage(
    { imageId }: Container,
    reference: string,
    depth: Depth,
    step: LiveParts,
  ): Promise<LocalImage | undefined> {
    const last = this.#lastRunning;
    const isKnown = last?.id === imageId && digestIn(last, parseImage(reference).repository) !== undefined;
    if (depth === 'running' && isKnown) return last;
    this.#lastRunning = await step.image(imageId);
    return this.#lastRunning;
  }
}

const NO_SOURCES: ImageSources = { local: [], tags: [], problems: [] };

function digestsOf(change: ProjectChange | undefined, { versions }: Recorded): readonly string[] {
  return [change?.to.digest, ...versions.map(({ content }) => content.digest)].filter(
    (digest) => digest !== undefined,
  );
}

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
