import { RunbookError } from '../../domain/errors.ts';
import { createMasker, type Masker } from '../../domain/masking/mask-value.ts';
import type { LiveSince } from '../../domain/need/signals.ts';
import type { PreconditionFinding } from '../../domain/preconditions/preconditions.ts';
import type { KnownGoodRecord } from '../../domain/proof/known-good.ts';
import type { ComposeProfile } from '../../domain/request/profile.ts';
import type {
  ComposeFilePin,
  ComposePin,
  ConfigRestored,
  Instance,
  Pin,
  RolloutFinished,
  RolloutStarted,
  SnapshotReference,
} from '../../domain/versions/pins.ts';
import type { Plan } from '../../domain/versions/plan.ts';
import type { TargetWish } from '../../domain/versions/targets.ts';
import { type LiveVersion, type ObservedService, versionOfImage } from '../../domain/versions/versions.ts';
import {
  createRegistryClient,
  dockerCredentials,
  parseReference,
  type RegistryCredentialSource,
} from '../../registry/index.ts';
import type { CriticalRules } from '../../settings/index.ts';
import type { EvidenceKey } from '../evidence/seal.ts';
import type {
  AccessReport,
  LastChange,
  ResolvedPlan,
  RollbackTarget,
  RolloutProgress,
  TargetContext,
} from '../target.ts';
import { commandEnvironment } from './change/command-environment.ts';
import { keepKnownGood, keepSnapshot, snapshotSource } from './change/keep.ts';
import { ProjectChanges } from './change/project-changes.ts';
import { EngineApi } from './engine/api/engine-api.ts';
import { commandRunner } from './engine/command/command.ts';
import { ComposeCommand } from './engine/command/compose-command.ts';
import { Docker } from './engine/docker.ts';
import { workloadOf } from './load/workload.ts';
import { checkAccess } from './plan/access.ts';
import { resolvePlan } from './plan/resolve-plan.ts';
import { findObstacles } from './preconditions/index.ts';
import { runningBound } from './read/bound-services.ts';
import { notRecordedIn } from './read/config/not-recorded.ts';
import { ImageFinder } from './read/image-sources.ts';
import { instancesOf } from './read/instances.ts';
import { lastChangeOf } from './read/last-change.ts';
import { instanceCount, isBrokenOff } from './read/leftovers.ts';
import { readLiveSince } from './read/live-since/read.ts';
import { identityOf, liveVersionIn, observedFrom } from './read/observation.ts';
import { leadingContainer, type ObservedState } from './read/observed-state.ts';
import { type LiveParts, ServiceReader } from './read/service-reader.ts';

/** How a target is made beside its profile. */
export interface ComposeTargetOptions {
  /** The worker's environment: where engine and credentials are found, and variables of the compose files. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  /** The key that evidence is signed with; without one it is believed unsigned. */
  readonly evidenceKey?: EvidenceKey | undefined;
  /** Repositories whose images may be written; default: those of what runs and of its history. */
  readonly repositories?: readonly string[] | undefined;
  /** Whether the content of secrets is kept, and comes back. */
  readonly keepsSecrets?: boolean | undefined;
  /** What has to hold for the config that will be live; without it nothing is judged, and nothing is read for it. */
  readonly critical?: CriticalRules | undefined;
  /** Names of settings that a diff masks as well. */
  readonly masked?: readonly string[] | undefined;
}

/** A Docker Compose service as the thing that is rolled back. Nothing is read or run before it is asked for. */
export class ComposeTarget implements RollbackTarget {
  readonly kind = 'compose';
  readonly workload: string;
  readonly #profile: ComposeProfile;
  readonly #environment: Readonly<Record<string, string | undefined>>;
  readonly #docker: Docker;
  readonly #compose: ComposeCommand;
  readonly #images: ImageFinder;
  readonly #credentials: RegistryCredentialSource;
  readonly #reader: ServiceReader;
  readonly #changes: ProjectChanges;
  readonly #masker: Masker;
  readonly #keepsSecrets: boolean;
  readonly #critical: CriticalRules | undefined;

  constructor(
    profile: ComposeProfile,
    { env, clock, evidenceKey, keepsSecrets = false, repositories, critical, masked }: ComposeTargetOptions,
  ) {
    this.#masker = createMasker(masked);
    this.#keepsSecrets = keepsSecrets;
    this.#critical = critical;
    this.workload = workloadOf(profile);
    this.#profile = profile;
    this.#environment = commandEnvironment(env, profile);
    const run = commandRunner(this.#environment);
    const api = new EngineApi(this.#environment);
    const docker = new Docker({ run, api, env: this.#environment });
    this.#docker = docker;
    this.#compose = new ComposeCommand(run, profile.command);
    const credentials = dockerCredentials({ env: this.#environment });
    this.#credentials = credentials;
    this.#images = new ImageFinder(createRegistryClient({ credentials }));
    const shared = { profile, environment: this.#environment, docker, compose: this.#compose, clock };
    this.#reader = new ServiceReader({ ...shared, images: this.#images, evidenceKey, keepsSecrets });
    this.#changes = new ProjectChanges({ ...shared, repositories }, this.#reader);
  }

  async cluster(): Promise<undefined> {
    return undefined;
  }

  async prepare(): Promise<void> {
    // What a project needs is found by check-access: its files may come with the next deploy.
  }

  async checkAccess(wish: TargetWish, { signal }: TargetContext): Promise<AccessReport> {
    const { step, observedState } = await this.#reader.readShared(signal);
    const observed = this.#serviceIn(observedState);
    const parts = { profile: this.#profile, compose: this.#compose, images: this.#images, step };
    return checkAccess(wish, observedState, observed, parts, signal);
  }

  async observe({ signal }: TargetContext): Promise<ObservedService> {
    const { observedState } = await this.#reader.readShared(signal);
    return this.#serviceIn(observedState);
  }

  async resolve(plan: Plan, { signal }: TargetContext): Promise<ResolvedPlan> {
    const pin = ours(plan.pin);
    const isLive = pin.source.kind === 'live';
    if (isLive && !plan.changesNothing) return { plan, diff: '' };
    const step = this.#reader.step(signal);
    const observedState = await this.#reader.read(step, 'running', signal);
    const { state } = await step.state();
    const live = this.#serviceIn(observedState).current;
    const isBroken = isBrokenOff(observedState.containers);
    const isUnseen = observedState.unseen.length > 0;
    if (isLive && !isBroken && !isUnseen) return { plan, diff: '' };
    const wanted = isLive ? live.source : pin.source;
    if (wanted.kind !== 'compose') return { plan, diff: '' };
    if (live.fingerprint !== plan.from.fingerprint) throw this.#changedMeanwhile();
    const running = leadingContainer(observedState.containers)?.imageId;
    const parts = {
      profile: this.#profile,
      masker: this.#masker,
      images: this.#images,
      step,
      contents: async (sha256: string, kind: ComposeFilePin['kind']) => {
        if (kind !== 'secret') return state.contents.read(sha256);
        return this.#keepsSecrets ? state.secrets.read(sha256) : undefined;
      },
      isBroken,
      isUnseen,
      critical: this.#critical,
      bound: await runningBound(step),
      ...(running ? { running } : {}),
      ...(observedState.change ? { lastChange: observedState.change.id } : {}),
    };
    const source = pin.purpose === 'restore' ? await snapshotSource(wanted, pin.recorded, state) : wanted;
    return resolvePlan(plan, pin, source, parts, signal);
  }

  async takeSnapshot(live: LiveVersion, { signal }: TargetContext): Promise<SnapshotReference> {
    const step = this.#reader.step(signal);
    const observedState = await this.#reader.read(step, 'running', signal);
    const { state } = await step.state();
    return keepSnapshot(live, observedState, this.#serviceIn(observedState), state, this.#keepsSecrets);
  }

  /** Its files go back with the container, as one change: no pin names any beside it. */
  async restoreConfig(): Promise<ConfigRestored> {
    return { changed: false, written: [] };
  }

  async rollBack(pinned: Pin, { signal, key = '' }: TargetContext): Promise<RolloutStarted> {
    const pin = ours(pinned);
    const made =
      pin.source.kind === 'live' ? undefined : await this.#changes.rollBack(pin, pin.source, key, signal);
    // Somebody may have edited a file while Compose worked: they are read anew, beside the containers that it left.
    const step = made ? this.#reader.step(signal).anew(signal, made.containers) : this.#reader.step(signal);
    const started = await this.#started(step);
    // What is proved from here on is what was planned, and not what somebody has put there since.
    const isPlanned = started.uid === pin.workload.uid && started.fingerprint === pin.fingerprint;
    if (!isPlanned) throw this.#changedMeanwhile();
    if (!made) return started;
    const { changed, change } = made;
    const { imageId } = change.to;
    return {
      ...started,
      changed,
      ...(imageId ? { imageId } : {}),
      ...(changed ? { change: change.id } : {}),
    };
  }

  async waitForRollout(
    rollout: RolloutStarted,
    { signal, key = '' }: TargetContext,
    report: (progress: RolloutProgress) => void,
    resume?: RolloutProgress,
  ): Promise<RolloutFinished> {
    const { containers, at, warnings, step } = await this.#changes.waitForStart(
      rollout,
      this.#reader.step(signal),
      key,
      signal,
      report,
      resume,
    );
    const { uid, fingerprint } = await this.#started(step);
    if (uid !== rollout.uid || fingerprint !== rollout.fingerprint) throw this.#changedMeanwhile();
    const imageId = leadingContainer(containers)?.imageId;
    return {
      uid,
      generation: 0,
      fingerprint,
      revision: 0,
      replicas: instanceCount(containers),
      podTemplateHash: '',
      ...(imageId ? { imageId } : {}),
      instances: instancesOf(containers, this.#profile, await this.#docker.endpoint(signal)),
      completeAt: at,
      ...(warnings.length > 0 ? { warnings } : {}),
    };
  }

  async current({ signal }: TargetContext): Promise<RolloutStarted> {
    return this.#started(this.#reader.step(signal));
  }

  async lastChangedBy({ signal }: TargetContext): Promise<LastChange> {
    const observedState = await this.#reader.read(this.#reader.step(signal), 'running', signal);
    return lastChangeOf(observedState, this.#serviceIn(observedState).current);
  }

  async liveSince({ signal }: TargetContext): Promise<LiveSince | undefined> {
    const observedState = await this.#reader.read(this.#reader.step(signal), 'running', signal);
    return readLiveSince(observedState, this.#serviceIn(observedState).current);
  }

  async instances({ signal }: TargetContext): Promise<readonly Instance[]> {
    const { containers } = await this.#reader.live(this.#reader.step(signal));
    return instancesOf(containers, this.#profile, await this.#docker.endpoint(signal));
  }

  async recordKnownGood(
    record: KnownGoodRecord,
    { signal }: TargetContext,
  ): ReturnType<RollbackTarget['recordKnownGood']> {
    const step = this.#reader.step(signal);
    const observedState = await this.#reader.read(step, 'project', signal);
    const [{ state }, reader] = await Promise.all([step.state(), step.evidenceReader()]);
    const observed = this.#serviceIn(observedState);
    const keptIn = await keepKnownGood(
      { record, reader },
      observedState,
      observed,
      state,
      this.#keepsSecrets,
    );
    const { at, version, fingerprint, verdict, workflowId, runId } = record;
    const entry = {
      at,
      event: 'verified',
      // A run that falls back records what has failed on its way too.
      key: `${runId} verified ${fingerprint.slice(0, 12)}`,
      version,
      fingerprint,
      verdict,
      workflowId,
    };
    await state.audit.append(entry, signal);
    const warnings = verdict === 'passed' ? notRecordedIn(observedState) : [];
    return { keptIn, ...(warnings.length > 0 ? { warnings } : {}) };
  }

  async preconditions(
    plan: Plan,
    { signal }: TargetContext,
    { platforms }: { readonly platforms?: readonly string[] } = {},
  ): Promise<readonly PreconditionFinding[]> {
    const { source, version } = ours(plan.pin);
    if (plan.changesNothing || source.kind === 'live') return [];
    const { service } = this.#profile;
    return findObstacles(
      { source, version, service, platforms },
      this.#docker,
      this.#reader.step(signal),
      signal,
    );
  }

  /** What the worker's own docker has logged in with; a login through a browser is no name and password. */
  async pullCredentials(
    plan: Plan,
    { signal }: TargetContext,
  ): ReturnType<NonNullable<RollbackTarget['pullCredentials']>> {
    const server = parseReference(plan.pin.image)?.registry;
    if (server === undefined) return { logins: [], unread: [] };
    const login = await this.#credentials.find(server, signal);
    const logins =
      login.kind === 'password' ? [{ server, username: login.username, password: login.password }] : [];
    return { logins, unread: [] };
  }

  /** Lets the connection to the engine go. */
  async close(): Promise<void> {
    await this.#docker.close();
  }

  /** What runs, as the state that a wait without a change waits for. */
  async #started(step: LiveParts): Promise<RolloutStarted> {
    const live = await this.#reader.live(step);
    const { engine, project, containers } = live;
    const { fingerprint, image } = liveVersionIn(live);
    const uid = identityOf(engine, project.invocation.project, this.#profile.service);
    const imageId = leadingContainer(containers)?.imageId;
    const version = versionOfImage(image);
    return { changed: false, uid, generation: 0, fingerprint, version, ...(imageId ? { imageId } : {}) };
  }

  #serviceIn(observedState: ObservedState): ObservedService {
    return observedFrom(observedState, this.#profile);
  }

  #changedMeanwhile(): RunbookError {
    return new RunbookError(
      'WorkloadChanged',
      `${this.workload} was changed by somebody else meanwhile: start a new run, which plans from what is there now`,
    );
  }
}

/** A profile that was changed to another target under a running run must not be guessed at. */
function ours(pin: Pin): ComposePin {
  if (pin.target === 'compose') return pin;
  throw new RunbookError(
    'PinLost',
    'the plan was made for a Deployment, and the profile names a Compose service now',
  );
}
