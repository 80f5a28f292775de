import { RunbookError } from '../../../domain/errors.ts';
import { type NamedCluster, nameOfCluster } from '../../../domain/versions/cluster.ts';
import type { KubernetesPin } from '../../../domain/versions/pins.ts';
import type { ObservedService } from '../../../domain/versions/versions.ts';
import type { EvidenceReader } from '../../evidence/read-record.ts';
import type { EvidenceKey } from '../../evidence/seal.ts';
import { isStatus } from '../api/api-error.ts';
import type { ClusterSource } from '../api/credentials.ts';
import { isControlledBy, type RawObject, selectorText, type Workload } from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';
import { withSignal } from '../api/with-signal.ts';
import { type ConfigState, NO_CONFIG, readConfigState } from '../config/config-state.ts';
import { fingerprint, unreloadedFingerprint } from '../template/fingerprint.ts';
import { firstStart, imageIdsIn, listPods } from '../workload/pods.ts';
import { sortPods } from '../workload/rollout-pods.ts';
import { nameOf, type Revision, type RevisionObject, type WorkloadPlace } from '../workload/workload.ts';
import { proofsBeyond } from './beyond-history.ts';
import { areImagesInDoubt, type RunningImages } from './candidate.ts';
import type { InPlace } from './candidate-config.ts';
import { type Evidence, NO_EVIDENCE, readVersionEvidence } from './evidence.ts';
import { isContradicted, type ObservedParts, observedService, revisionsOf } from './history.ts';
import { readKeptTemplates } from './kept-templates.ts';
import { areInDoubt, stampedAnnotations } from './stamps.ts';
import type { WorkloadWatch } from './workload-watch.ts';

/** check-access and identify-versions run at the same time and share one observation this old at most. */
const SHARED_MS = 2_000;
/** What an observation was made of is of now for so long, while nothing of the workload changes: its config may. */
const MOMENT_MS = 10_000;
/** An observation that takes longer than this is given up, in milliseconds: its requests and fresh credentials. */
const OBSERVE_TIMEOUT_MS = 40_000;

/** What is observed, and under which name the runbook writes there. */
export interface ObservedWorkload extends WorkloadPlace {
  readonly container: string;
  readonly pin: 'digest' | 'tag';
  readonly fieldManager: string;
  /** Where evidence has to be signed. */
  readonly evidenceKey?: EvidenceKey | undefined;
  readonly inPlace?: InPlace | undefined;
  /** Which cluster it is in. */
  readonly source: Pick<ClusterSource, 'cluster' | 'notes'>;
}

/** What an observation was made of, for whoever asks more of the same moment. */
export interface ObservedMoment {
  readonly observed: ObservedService;
  readonly live: Workload;
  readonly revisions: readonly Revision[];
  /** Names of template annotations that admission writes anew with every change. */
  readonly stamped: readonly string[];
  readonly config: ConfigState;
}

interface KeptMoment {
  /** Of the monotonic clock. */
  readonly readAt: number;
  readonly moment: ObservedMoment;
}

interface SharedObservation {
  readonly at: number;
  readonly value: Promise<ObservedService>;
}

/** Reads the workload with its history and evidence, and keeps the templates in memory, never in history. */
export class Observer {
  readonly #transport: ApiTransport;
  readonly #watch: WorkloadWatch;
  readonly #workload: ObservedWorkload;
  readonly #clock: () => number;
  #shared: SharedObservation | undefined;
  #revisions: readonly Revision[] = [];
  #evidence: Evidence = NO_EVIDENCE;
  #stamped: readonly string[] = [];
  #kept: KeptMoment | undefined;
  #config: { readonly at: number; readonly state: ConfigState } = { at: 0, state: NO_CONFIG };
  /** Fingerprints of the templates that were live, without what Reloader has written, by uid and generation. */
  readonly #lived = new Map<string, string>();
  /** Where it was last observed: at another address another one is of another cluster. */
  #placed: { readonly cluster: NamedCluster; readonly uid: string } | undefined;

  constructor(
    transport: ApiTransport,
    watch: WorkloadWatch,
    workload: ObservedWorkload,
    clock: () => number,
  ) {
    this.#transport = transport;
    this.#watch = watch;
    this.#workload = workload;
    this.#clock = clock;
  }

  /** One observation; callers within two seconds get the same one, unless the watch has told of a change since. */
  observe(signal: AbortSignal): Promise<ObservedService> {
    const now = performance.now();
    if (this.#shared && now - this.#shared.at < SHARED_MS) {
      return withSignal(this.#unlessChanged(this.#shared, signal), signal);
    }
    // A caller who is cancelled must not take the observation away from the other one.
    const limit = AbortSignal.timeout(OBSERVE_TIMEOUT_MS);
    const value = this.#observe(limit).catch((error) => {
      throw limit.aborted
        ? new RunbookError('Unreachable', 'the API server takes too long to answer')
        : error;
    });
    this.#shared = { at: now, value };
    value.catch(() => {
      if (this.#shared?.value === value) this.#shared = undefined;
    });
    return withSignal(value, signal);
  }

  /** What the last observation was made of, while it is of now: a moment old, and the watch has told of nothing since. */
  async moment(signal: AbortSignal): Promise<ObservedMoment> {
    const { metadata } = await this.live(signal);
    const kept = this.#shared && this.#kept;
    const isOfNow =
      kept !== undefined &&
      performance.now() - kept.readAt < MOMENT_MS &&
      kept.moment.live.metadata.resourceVersion === metadata.resourceVersion;
    if (isOfNow) return kept.moment;
    this.forget();
    await this.observe(signal);
    // Set by every observation.
    return this.#kept?.moment ?? this.moment(signal);
  }

  async #unlessChanged(shared: SharedObservation, signal: AbortSignal): Promise<ObservedService> {
    const observed = await shared.value;
    const live = this.#watch.peek().cached.live;
    const { uid, generation = 0 } = live?.metadata ?? observed;
    if (uid === observed.uid && generation === observed.generation) return observed;
    if (this.#shared === shared) this.forget();
    return this.observe(signal);
  }

  /** What evidence of this workload is read and written against. @throws SecretUnavailable. */
  async reader(signal: AbortSignal): Promise<EvidenceReader> {
    const { kind, namespace, name, evidenceKey, source } = this.#workload;
    const [key, { server }] = await Promise.all([evidenceKey?.(signal), source.cluster()]);
    return {
      now: this.#clock(),
      workload: { kind: kind.word, namespace, name, cluster: server },
      ...(key === undefined ? {} : { key }),
    };
  }

  /** The next observation reads everything anew. */
  forget(): void {
    this.#shared = undefined;
  }

  /** Reads the evidence anew: one request. */
  async readEvidence(signal: AbortSignal): Promise<Evidence> {
    const reader = await this.reader(signal);
    this.#evidence = await readVersionEvidence(this.#transport, this.#workload, reader, signal);
    return this.#evidence;
  }

  get evidence(): Evidence {
    return this.#evidence;
  }

  set evidence(evidence: Evidence) {
    this.#evidence = evidence;
    this.forget();
  }

  /**
   * The workload as the watch has it; where that cannot be, as the API server has it.
   * @param isDoubtful true for a state that can only be an old one, given what the caller knows.
   */
  async live(signal: AbortSignal, isDoubtful: (state: Workload) => boolean = () => false): Promise<Workload> {
    const { live } = await this.#watch.read(signal);
    return live && !isDoubtful(live) ? live : this.freshState(signal);
  }

  /** The workload as the API server has it: one GET. */
  async freshState(signal: AbortSignal): Promise<Workload> {
    const live = await this.#watch.refresh(signal);
    if (live) return live;
    const { namespace } = this.#workload;
    throw new RunbookError(
      'WorkloadMissing',
      `${nameOf(this.#workload)} does not exist in namespace ${namespace}`,
    );
  }

  /** Templates in memory, oldest first. */
  get revisions(): readonly Revision[] {
    return this.#revisions;
  }

  /** Names of template annotations that admission writes anew with every change, as they were observed last. */
  get stamped(): readonly string[] {
    return this.#stamped;
  }

  /** Hashes of config by `configmap/name`, where they were read a moment ago. */
  get configLately(): Readonly<Record<string, string>> {
    const { at, state } = this.#config;
    return performance.now() - at < SHARED_MS ? state.hashes : {};
  }

  /** What the last observation has read of config, by `configmap/name`. */
  get configSeen(): ConfigState['seen'] {
    return this.#config.state.seen;
  }

  /** The template of a fingerprint, where this worker has it in memory. */
  templateOf(print: string): RawObject | undefined {
    const live = this.#watch.peek().cached.live?.spec.template;
    if (live && fingerprint(live) === print) return live;
    return this.#revisions.find((revision) => revision.fingerprint === print)?.template;
  }

  /** Lists the objects of its history: one request. */
  async listRevisions({ metadata, spec }: Workload, signal: AbortSignal): Promise<readonly Revision[]> {
    const { kind, namespace } = this.#workload;
    const { items } = await this.#transport.list<RevisionObject>(
      {
        resource: kind.history.collection,
        namespace,
        query: { labelSelector: selectorText(spec.selector) },
      },
      signal,
    );
    this.#revisions = revisionsOf(
      kind,
      items.filter((item) => isControlledBy(item, metadata.uid)),
    );
    return this.#revisions;
  }

  /** What was live when a plan was made, when this worker observed it: its `unreloadedFingerprint`. */
  liveAt({
    workload: { uid },
    generation,
  }: Pick<KubernetesPin, 'workload' | 'generation'>): string | undefined {
    return this.#lived.get(`${uid}/${generation}`);
  }

  async #observe(signal: AbortSignal): Promise<ObservedService> {
    const evidence = this.readEvidence(signal);
    evidence.catch(() => {});
    const first = await this.live(signal);
    let revisions = await this.listRevisions(first, signal);
    await evidence;
    // The newest state: the controller may have picked up a change while the list was on its way.
    const live = await this.live(signal, (state) => isContradicted(state, revisions));
    if (live.metadata.uid !== first.metadata.uid) {
      revisions = await this.listRevisions(live, signal);
    }
    const { kind, namespace, container, fieldManager, source } = this.#workload;
    const readAt = performance.now();
    const config = await this.#readConfig(live, revisions, signal);
    this.#config = { at: readAt, state: config };
    const [cluster, notes] = await Promise.all([source.cluster(), source.notes()]);
    this.#assertSamePlace(cluster, live);
    this.#remember(live);
    const stamped = areInDoubt(live, revisions)
      ? await stampedAnnotations(this.#transport, kind, live, fieldManager, signal)
      : [];
    this.#stamped = stamped;
    const running = areImagesInDoubt({ evidence: this.#evidence, container }, live.spec.template)
      ? await this.#runningImages(live, revisions, signal)
      : undefined;
    const parts: ObservedParts = {
      ...(running ? { running } : {}),
      kind,
      config,
      inPlace: this.#workload.inPlace,
      pin: this.#workload.pin,
      cluster,
      live,
      namespace,
      container,
      fieldManager,
      revisions,
      evidence: this.#evidence,
      stamped,
      notes: [...notes, ...this.#evidence.warnings, ...stamped.map(stampNote)],
      at: new Date(this.#clock()).toISOString(),
    };
    const observed = observedService(parts);
    this.#kept = { readAt, moment: { observed, live, revisions, stamped, config } };
    const templates = [live.spec.template, ...revisions.map(({ template }) => template)];
    const beyond = proofsBeyond(observed, this.#evidence, templates, stamped);
    if (beyond.length === 0) return observed;
    const kept = await readKeptTemplates(this.#transport, this.#workload, live.metadata, signal);
    return observedService({ ...parts, beyond, kept });
  }

  /** What the config of the live template, and of what was proved, holds at the moment. */
  async #readConfig(
    live: Workload,
    revisions: readonly Revision[],
    signal: AbortSignal,
  ): Promise<ConfigState> {
    const { metadata, spec } = live;
    const { namespace } = this.#workload;
    const print = fingerprint(spec.template);
    const holder = revisions.find((revision) => revision.fingerprint === print);
    const startedAt = async () => {
      try {
        const pods = holder ? await listPods(this.#transport, live, signal) : [];
        return firstStart(sortPods(this.#workload.kind, pods, holder).made);
      } catch (error) {
        if (isStatus(error, 403)) return undefined;
        throw error;
      }
    };
    const { key } = await this.reader(signal);
    const records = [...this.#evidence.records.values()];
    return readConfigState(
      this.#transport,
      { namespace, owner: metadata },
      spec.template,
      records,
      { key, since: Date.parse(holder?.createdAt ?? metadata.creationTimestamp ?? ''), startedAt },
      signal,
    );
  }

  /** The image IDs of the active pods that were made of the live template. Pods that may not be read tell nothing. */
  async #runningImages(
    live: Workload,
    revisions: readonly Revision[],
    signal: AbortSignal,
  ): Promise<RunningImages> {
    const print = fingerprint(live.spec.template);
    const holders = revisions.filter((one) => one.fingerprint === print);
    try {
      const pods = await listPods(this.#transport, live, signal);
      return holders.flatMap((holder) => sortPods(this.#workload.kind, pods, holder).made).map(imageIdsIn);
    } catch (error) {
      if (isStatus(error, 403)) return [];
      throw error;
    }
  }

  /** @throws ClusterChanged when the kubeconfig leads to another address by now, and to another Deployment there. */
  #assertSamePlace(cluster: NamedCluster, { metadata: { uid } }: Workload): void {
    const before = this.#placed;
    if (before && before.cluster.server !== cluster.server && before.uid !== uid) {
      throw new RunbookError(
        'ClusterChanged',
        `the kubeconfig leads to another cluster by now (${nameOfCluster(cluster)}, before ${before.cluster.server}): ${nameOf(this.#workload)} is another one there; restart the worker when that is meant`,
      );
    }
    this.#placed = { cluster, uid };
  }

  #remember({ metadata, spec }: Workload): void {
    if (this.#lived.size > 100) this.#lived.clear();
    this.#lived.set(`${metadata.uid}/${metadata.generation ?? 0}`, unreloadedFingerprint(spec.template));
  }
}

function stampNote(name: string): string {
  return `admission writes the template annotation ${name} anew with every change: it makes no other version`;
}
