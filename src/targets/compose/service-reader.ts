import type { ComposeProfile } from '../../domain/profile.ts';
import type { RecordedVersion } from './candidates.ts';
import type { ComposeCommand } from './engine/compose-command.ts';
import type { Container } from './engine/containers.ts';
import { type Docker, LABEL } from './engine/docker.ts';
import type { ImageFinder, ImageSources } from './image-sources.ts';
import { type LoadedProject, loadProject } from './load-project.ts';
import { leadingContainer, type Reading } from './reading.ts';
import { type ServiceState, StateFolder } from './state/index.ts';

export interface ServiceReaderParts {
  readonly profile: ComposeProfile;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly docker: Docker;
  readonly compose: ComposeCommand;
  readonly images: ImageFinder;
  readonly clock: () => number;
}

/** What is read: all there is for a plan, or the running version alone. */
export type Depth = 'everything' | 'running';

/** Reads files, containers and versions of the service. Changes nothing. */
export class ServiceReader {
  readonly #parts: ServiceReaderParts;
  /** Steps that run at the same time share one reading. */
  #underWay: { readonly depth: Depth; readonly reading: Promise<Reading> } | undefined;

  constructor(parts: ServiceReaderParts) {
    this.#parts = parts;
  }

  /** @throws WorkloadMissing, ComposeFileUnsupported, Unreachable, AccessDenied, CommandMissing. */
  async read(depth: Depth, signal: AbortSignal): Promise<Reading> {
    const shared = this.#underWay;
    // Another step's signal may end its reading: then this one reads by itself.
    if (shared?.depth === depth) {
      const reading = await shared.reading.catch(() => undefined);
      signal.throwIfAborted();
      if (reading) return reading;
    }
    const reading = this.#read(depth, signal);
    const own = { depth, reading };
    this.#underWay = own;
    try {
      return await reading;
    } finally {
      if (this.#underWay === own) this.#underWay = undefined;
    }
  }

  /** What is kept beside the compose file. */
  stateOf({ folder }: LoadedProject): { readonly folder: StateFolder; readonly state: ServiceState } {
    const state = new StateFolder(folder, this.#parts.profile.state);
    return { folder: state, state: state.service(this.#parts.profile.service) };
  }

  async #read(depth: Depth, signal: AbortSignal): Promise<Reading> {
    const { docker, images, clock } = this.#parts;
    const [engine, project] = await Promise.all([docker.info(signal), loadProject(this.#parts)]);
    const { state } = this.stateOf(project);
    const [containers, recorded, { change, warnings }] = await Promise.all([
      docker.containers(nameOf(project), signal),
      recordedIn(state),
      state.journal.read(),
    ]);
    const leading = leadingContainer(containers);
    const all = depth === 'everything';
    const reference = project.service.image;
    const [running, named, sources, configHash] = await Promise.all([
      leading ? docker.image(leading.imageId, signal) : undefined,
      all || !leading ? docker.image(reference, signal) : undefined,
      all ? images.list(reference, signal) : NO_SOURCES,
      all && leading ? this.#configHash(project, leading, signal) : undefined,
    ]);
    const image = leading ? running : named;
    return {
      engine,
      project,
      containers,
      ...(image ? { image } : {}),
      ...(named ? { named } : {}),
      ...(configHash ? { configHash } : {}),
      recorded: recorded.versions,
      sources,
      ...(change?.phase === 'started' ? { rolledBackTo: change.to.fingerprint } : {}),
      problems: [...recorded.problems, ...warnings, ...unsettledChange(change?.phase)],
      at: new Date(clock()).toISOString(),
    };
  }

  /**
   * The hash that the container would be made with now. It can be compared only where the same version of Compose made
   * the container, and for a service without env files, of which `config --hash` knows nothing (seen with 2.40.3).
   */
  async #configHash(
    project: LoadedProject,
    { labels }: Container,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { compose, profile } = this.#parts;
    const { version } = await compose.program(signal);
    if (labels[LABEL.version] !== version || project.files.some(({ kind }) => kind === 'env-file'))
      return undefined;
    return compose.configHash(project.invocation, profile.service, signal);
  }
}

/** Evidence and snapshots; of a version that has both, the evidence. */
async function recordedIn(
  state: ServiceState,
): Promise<{ readonly versions: readonly RecordedVersion[]; readonly problems: readonly string[] }> {
  const [evidence, snapshots] = await Promise.all([state.knownGood.read(), state.snapshots.read()]);
  const proved = [...evidence.entries.values()].map(({ content, ...record }): RecordedVersion => {
    const { fingerprint } = record;
    return { known: 'evidence', fingerprint, content, record };
  });
  const kept = [...snapshots.entries.values()]
    .filter(({ fingerprint }) => !evidence.entries.has(fingerprint))
    .map(({ fingerprint, content }): RecordedVersion => ({ known: 'snapshot', fingerprint, content }));
  return { versions: [...proved, ...kept], problems: [...evidence.warnings, ...snapshots.warnings] };
}

const NO_SOURCES: ImageSources = { local: [], tags: [], problems: [] };

function unsettledChange(phase: string | undefined): readonly string[] {
  return phase === 'replacing' || phase === 'starting' || phase === 'restoring'
    ? [`an earlier rollback was interrupted while ${phase}: files and container may not belong together`]
    : [];
}

/** The name by which the engine knows the service. */
export function nameOf({ invocation, service }: LoadedProject) {
  return { project: invocation.project, service: service.name };
}
