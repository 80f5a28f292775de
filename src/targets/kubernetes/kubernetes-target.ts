import { RunbookError } from '../../domain/errors.ts';
import { createMasker } from '../../domain/masking/mask-value.ts';
import type { LiveSince } from '../../domain/need/signals.ts';
import type { PreconditionFinding } from '../../domain/preconditions/preconditions.ts';
import type { KnownGoodRecord } from '../../domain/proof/known-good.ts';
import type { KubernetesProfile } from '../../domain/request/profile.ts';
import type { NamedCluster } from '../../domain/versions/cluster.ts';
import type {
  ConfigCopy,
  ConfigRestored,
  ConfigWrite,
  Instance,
  KubernetesPin,
  Pin,
  RolloutFinished,
  RolloutStarted,
  SnapshotReference,
} from '../../domain/versions/pins.ts';
import type { Plan } from '../../domain/versions/plan.ts';
import type { TargetWish } from '../../domain/versions/targets.ts';
import {
  type LiveVersion,
  nameWithRevision,
  type ObservedService,
  versionOfImage,
} from '../../domain/versions/versions.ts';
import { FIRST_KIND } from '../../domain/workload-kind.ts';
import type {
  AccessReport,
  LastChange,
  PlannedImage,
  PullLogins,
  ResolvedPlan,
  RollbackTarget,
  RolloutProgress,
  TargetContext,
} from '../target.ts';
import { AccessCheck } from './access/access.ts';
import { asRunbookError } from './api/api-error.ts';
import { leaseTransport, type TransportLease } from './api/shared-transport.ts';
import { ConfigReads } from './config/config-reads.ts';
import { judgeConfig } from './config/judge-config.ts';
import { settingsDifference } from './config/settings-diff.ts';
import { ConfigInPlace } from './config-in-place.ts';
import { KnownGoodRecorder } from './known-good-recorder.ts';
import { isOf } from './live-template.ts';
import type { KubernetesTargetOptions } from './options.ts';
import { findObstacles, ObstacleReads, pullCredentials } from './preconditions/index.ts';
import { pinnedTemplate } from './rollout/pinned-template.ts';
import { assertPlannedConfig } from './rollout/planned-config.ts';
import { PodInspector } from './rollout/pod-inspector.ts';
import { followReloads } from './rollout/reloads.ts';
import { RolloutWait } from './rollout/rollout-wait.ts';
import { isPinned, startedFrom, writeTemplate } from './rollout/write-template.ts';
import { assertSameCluster } from './same-cluster.ts';
import { readLiveSince } from './state/live-since/read.ts';
import { lastTemplateChange } from './state/managers.ts';
import { Observer } from './state/observation.ts';
import { keepSnapshot } from './state/snapshot.ts';
import { WorkloadWatch } from './state/workload-watch.ts';
import { withCopies } from './template/config-references.ts';
import { fingerprint } from './template/fingerprint.ts';
import { plannedImages } from './template/planned-images.ts';
import { containerIn, imageOf, objectAt } from './template/pod-template.ts';
import { diffTemplates } from './template/template-diff.ts';
import { placeOf } from './workload/kinds.ts';
import { nameOf, type WorkloadPlace } from './workload/workload.ts';

/** A Kubernetes workload as the thing that is rolled back. */
export class KubernetesTarget implements RollbackTarget {
  readonly kind = 'kubernetes';
  readonly workload: string;
  readonly #place: WorkloadPlace;
  readonly #profile: KubernetesProfile;
  readonly #options: KubernetesTargetOptions;
  readonly #lease: TransportLease;
  readonly #stopListening: () => void;
  readonly #watch: WorkloadWatch;
  readonly #observer: Observer;
  readonly #access: AccessCheck;
  readonly #recorder: KnownGoodRecorder;
  readonly #config: ConfigInPlace;

  constructor(profile: KubernetesProfile, options: KubernetesTargetOptions) {
    const { container, pin } = profile;
    const { fieldManager, clock, evidenceKey, keepsSecrets = false } = options;
    const inPlace = options.configPolicy?.restore === 'in-place' ? { secrets: keepsSecrets } : undefined;
    this.#place = placeOf(profile);
    this.workload = `${nameOf(this.#place)} in namespace ${this.#place.namespace}`;
    this.#profile = profile;
    this.#options = options;
    this.#lease = leaseTransport(profile, options.env);
    const { transport, source } = this.#lease;
    this.#watch = new WorkloadWatch(transport, this.#place);
    this.#observer = new Observer(
      transport,
      this.#watch,
      { ...this.#place, container, pin, fieldManager, evidenceKey, inPlace, source },
      clock,
    );
    this.#stopListening = source.onMoved(() => {
      this.#watch.reset();
      this.#observer.forget();
    });
    this.#access = new AccessCheck(transport, this.#place, options.keepsSecrets);
    const parts = { transport, place: this.#place, observer: this.#observer };
    this.#config = new ConfigInPlace(parts, options);
    this.#recorder = new KnownGoodRecorder({ ...parts, container }, options);
  }

  cluster(): Promise<NamedCluster> {
    return this.#lease.source.cluster();
  }

  async prepare(): Promise<void> {
    await this.#lease.source.verify();
  }

  checkAccess(wish: TargetWish, { signal, cluster }: TargetContext): Promise<AccessReport> {
    const live = () => this.#observer.live(signal);
    const seen = () => this.#observer.configSeen;
    return this.#run(
      () => this.#access.check(wish, this.#observer.observe(signal), live, seen, signal),
      cluster,
    );
  }

  observe({ signal, cluster }: TargetContext): Promise<ObservedService> {
    return this.#run(() => this.#observer.observe(signal), cluster);
  }

  async resolve(plan: Plan, { signal, cluster }: TargetContext): Promise<ResolvedPlan> {
    const { from, to, changesNothing } = plan;
    const pin = this.#ours(plan.pin);
    if (changesNothing) return { plan, diff: '' };
    return this.#run(async () => {
      const live = await this.#observer.live(signal, (state) => !isOf(state, from.fingerprint));
      const { transport } = this.#lease;
      const { container } = this.#profile;
      const { masked, critical } = this.#options;
      const reads = new ConfigReads(transport, this.#place.namespace, signal);
      const { template } = await this.#content(pin, live, signal, reads);
      const before = { name: nameWithRevision(from), template: live.spec.template };
      const unprovided = this.#place.kind.unprovided?.(live, template) ?? [];
      const masker = createMasker(masked);
      const inPlace = (pin.inPlace ?? []).flatMap(asCopy);
      // What is written in place is shown and judged as what comes from the copies.
      const target = withCopies(template, inPlace);
      const copies = [...(pin.copies ?? []), ...inPlace];
      const [written, diff, settings, findings] = await Promise.all([
        this.#config.warnings(pin, live, signal),
        diffTemplates(before, { name: nameWithRevision(to), template }, masker),
        settingsDifference({ live: live.spec.template, target, copies }, reads, masker),
        critical ? judgeConfig({ template: target, container, copies }, critical, reads, masker) : [],
      ]);
      const warnings = [...unprovided.map((what) => `${nameWithRevision(to)}: ${what}`), ...written];
      return {
        plan: warnings.length > 0 ? { ...plan, warnings: [...plan.warnings, ...warnings] } : plan,
        diff,
        ...(settings.length > 0 ? { settings } : {}),
        ...(findings.length > 0 ? { findings } : {}),
      };
    }, cluster);
  }

  takeSnapshot(decidedOn: LiveVersion, { signal }: TargetContext): Promise<SnapshotReference> {
    const { uid, generation, fingerprint, cluster } = decidedOn;
    return this.#run(async () => {
      const live = await this.#observer.live(
        signal,
        (state) =>
          state.metadata.uid !== uid ||
          (state.metadata.generation ?? 0) < generation ||
          !isOf(state, fingerprint),
      );
      return keepSnapshot(this.#lease.transport, this.#place.kind, decidedOn, live, signal);
    }, cluster);
  }

  async restoreConfig(pinned: Pin, { signal }: TargetContext): Promise<ConfigRestored> {
    const pin = this.#ours(pinned);
    return this.#run(async () => {
      try {
        return await (await this.#config.of(pin, signal)).restore(signal);
      } finally {
        this.#observer.forget();
      }
    }, pin.cluster);
  }

  async rollBack(pinned: Pin, { signal }: TargetContext): Promise<RolloutStarted> {
    const pin = this.#ours(pinned);
    const config = pin.inPlace ? await this.#config.of(pin, signal) : undefined;
    return this.#run(async () => {
      const live = await this.#observer.live(signal);
      try {
        if (!isPinned(live, pin)) await config?.assertHeld(signal);
        const started = await writeTemplate(
          pin,
          live,
          {
            kind: this.#place.kind,
            transport: this.#lease.transport,
            fieldManager: this.#options.fieldManager,
            replaces: this.#observer.liveAt(pin),
            observed: (live) => this.#watch.adopt(live),
            read: () => this.#observer.freshState(signal),
            content: (state) => this.#content(pin, state, signal),
            assertConfig: () =>
              assertPlannedConfig(
                this.#lease.transport,
                pin,
                { evidenceKey: this.#options.evidenceKey, lately: this.#observer.configLately },
                signal,
              ),
          },
          signal,
        );
        const mayReplace = this.#place.kind.blocking?.mayBlock(live) ? { mayReplace: true } : {};
        return { ...started, ...mayReplace, cluster: await this.cluster() };
      } catch (error) {
        throw config ? await config.taken(error, signal) : error;
      } finally {
        this.#observer.forget();
      }
    }, pin.cluster);
  }

  waitForRollout(
    rollout: RolloutStarted,
    { signal }: TargetContext,
    report: (progress: RolloutProgress) => void,
    resume?: RolloutProgress,
  ): Promise<RolloutFinished> {
    const { namespace, name, kind } = this.#place;
    const { container } = this.#profile;
    const parts = {
      kind,
      transport: this.#lease.transport,
      watch: this.#watch,
      inspector: this.#inspector(),
      limits: { namespace, name, container, ...this.#profile.rollout },
      clock: this.#options.clock,
    };
    const wait = (of: RolloutStarted) => new RolloutWait(parts, of, report, resume).finish(signal);
    const read = () => this.#observer.freshState(signal);
    return this.#run(async () => {
      const finished = await followReloads(rollout, wait, read);
      const since = await this.#config.writtenSince(rollout, signal);
      return since.length === 0
        ? finished
        : { ...finished, warnings: [...(finished.warnings ?? []), ...since] };
    }, rollout.cluster);
  }

  current({ signal, cluster }: TargetContext): Promise<RolloutStarted> {
    return this.#run(async () => {
      const live = await this.#observer.live(signal);
      const { template } = live.spec;
      const container = containerIn(template, this.#profile.container);
      const image = container && imageOf(template, container);
      const started = startedFrom({ version: image ? versionOfImage(image) : '' }, live, false);
      return { ...started, cluster: await this.cluster() };
    }, cluster);
  }

  lastChangedBy({ signal }: TargetContext): Promise<LastChange> {
    return this.#run(async () => {
      const live = await this.#observer.freshState(signal);
      const { who, purpose } = lastTemplateChange(live, this.#options.fieldManager);
      return { who, ours: purpose !== undefined };
    });
  }

  liveSince({ signal, cluster }: TargetContext): Promise<LiveSince | undefined> {
    return this.#run(async () => {
      const moment = await this.#observer.moment(signal);
      const question = { kind: this.#place.kind, fieldManager: this.#options.fieldManager };
      return readLiveSince(this.#lease.transport, moment, question, signal);
    }, cluster);
  }

  async images(plan: Plan, { signal, cluster }: TargetContext): Promise<readonly PlannedImage[]> {
    const pin = this.#ours(plan.pin);
    return this.#run(async () => {
      const live = await this.#observer.live(signal);
      return plannedImages((await this.#content(pin, live, signal)).template);
    }, cluster);
  }

  instances({ signal, cluster }: TargetContext): Promise<readonly Instance[]> {
    return this.#run(async () => {
      const live = await this.#observer.live(signal);
      return this.#inspector().instances(live, fingerprint(live.spec.template), signal);
    }, cluster);
  }

  recordKnownGood(
    record: KnownGoodRecord,
    { signal, cluster }: TargetContext,
  ): ReturnType<RollbackTarget['recordKnownGood']> {
    return this.#run(() => this.#recorder.record(record, signal), cluster);
  }

  async preconditions(
    plan: Plan,
    { signal, cluster }: TargetContext,
    known: Parameters<NonNullable<RollbackTarget['preconditions']>>[2] = {},
  ): Promise<readonly PreconditionFinding[]> {
    const pin = this.#ours(plan.pin);
    if (plan.changesNothing) return [];
    return this.#run(async () => {
      // Of now: somebody may just have done what a finding told them.
      const live = await this.#observer.freshState(signal);
      const inspector = this.#inspector();
      const [{ template, fingerprint: pinned }, listed] = await Promise.all([
        this.#content(pin, live, signal),
        inspector.list(live, signal),
      ]);
      const pods = await inspector.sort(live, pinned, listed, signal);
      const { fieldManager } = this.#options;
      const change = { place: this.#place, live, pin, template, pods, fieldManager, ...known };
      return findObstacles(change, this.#reads(signal));
    }, cluster);
  }

  async pullCredentials(plan: Plan, { signal, cluster }: TargetContext): Promise<PullLogins> {
    const pin = this.#ours(plan.pin);
    return this.#run(async () => {
      const live = await this.#observer.live(signal);
      const { template } = await this.#content(pin, live, signal);
      return pullCredentials(objectAt(template, 'spec'), this.#reads(signal));
    }, cluster);
  }

  async close(): Promise<void> {
    this.#stopListening();
    this.#watch.close();
    await this.#lease.release();
  }

  /** A profile that was changed to another target under a running run must not be guessed at. */
  #ours(pin: Pin): KubernetesPin {
    const { kind } = this.#place.kind;
    const planned = pin.target === 'kubernetes' ? (pin.workload.kind ?? FIRST_KIND) : 'Compose service';
    if (pin.target === 'kubernetes' && planned === kind) return pin;
    throw new RunbookError(
      'PinLost',
      `the plan was made for a ${planned}, and the profile names a ${kind} now`,
    );
  }

  #reads(signal: AbortSignal): ObstacleReads {
    return new ObstacleReads(this.#lease.transport, this.#place.namespace, signal);
  }

  #inspector(): PodInspector {
    return new PodInspector(this.#place.kind, this.#lease.transport, this.#observer, this.#profile.container);
  }

  #content(
    pin: KubernetesPin,
    live: Parameters<typeof pinnedTemplate>[3],
    signal: AbortSignal,
    reads = new ConfigReads(this.#lease.transport, this.#place.namespace, signal),
  ) {
    const own = {
      reads,
      repositories: this.#options.repositories,
      evidenceKey: this.#options.evidenceKey,
      history: () => this.#observer.listRevisions(live, signal),
    };
    return pinnedTemplate(
      this.#lease.transport,
      this.#place.kind,
      pin,
      live,
      this.#observer.revisions,
      own,
      signal,
    );
  }

  /**
   * Keeps the watch open meanwhile, and turns answers of the API server into errors of the catalogue.
   * @param meant the cluster that the run is about.
   */
  async #run<T>(work: () => Promise<T>, meant?: NamedCluster): Promise<T> {
    try {
      if (meant) assertSameCluster(meant, await this.cluster());
      return await this.#watch.use(work);
    } catch (error) {
      throw asRunbookError(error);
    }
  }
}

/** A write as the reference to its copy, for whoever shows what changes. */
function asCopy({ reference, copy, hash }: ConfigWrite): readonly ConfigCopy[] {
  return copy && hash !== undefined ? [{ reference, ...copy, hash }] : [];
}
