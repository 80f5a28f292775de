import { RunbookError } from '../../../domain/errors.ts';
import { type NamedCluster, nameOfCluster } from '../../../domain/versions/cluster.ts';
import type { ObservedService } from '../../../domain/versions/versions.ts';
import type { EvidenceReader } from '../../evidence/read-record.ts';
import type { EvidenceKey } from '../../evidence/seal.ts';
import { isStatus } from '../api/api-error.ts';
import type { ClusterSource } from '../api/credentials.ts';
import { type Deployment, isControlledBy, type ReplicaSet, selectorText } from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';
import { withSignal } from '../api/with-signal.ts';
import { fingerprint } from '../template/fingerprint.ts';
import { proofsBeyond } from './beyond-history.ts';
import { areImagesInDoubt, type RunningImages } from './candidate.ts';
import type { DeploymentWatch, WorkloadName } from './deployment-watch.ts';
import { type Evidence, NO_EVIDENCE, readVersionEvidence } from './evidence.ts';
import {
  isContradicted,
  type ObservedParts,
  observedService,
  type Revision,
  revisionsOf,
} from './history.ts';
import { readKeptTemplates } from './kept-templates.ts';
import { imageIdsIn, listPods } from './pods.ts';
import { sortPods } from './rollout-pods.ts';
import { areInDoubt, stampedAnnotations } from './stamps.ts';

/** check-access and identify-versions run at the same time and share one observation this old at most. */
const SHARED_MS = 2_000;
/** An observation that takes longer than this is given up, in milliseconds: its requests and fresh credentials. */
const OBSERVE_TIMEOUT_MS = 40_000;

/** What is observed, and under which name the runbook writes there. */
export interface ObservedWorkload extends WorkloadName {
  readonly container: string;
  readonly pin: 'digest' | 'tag';
  readonly fieldManager: string;
  /** Where evidence has to be signed. */
  readonly evidenceKey?: EvidenceKey | undefined;
  /** Which cluster it is in. */
  readonly source: Pick<ClusterSource, 'cluster' | 'notes'>;
}

interface SharedObservation {
  readonly at: number;
  readonly value: Promise<ObservedService>;
}

/** Reads the Deployment with its history and evidence, and keeps the templates in memory, never in history. */
export class Observer {
  readonly #transport: ApiTransport;
  readonly #watch: DeploymentWatch;
  readonly #workload: ObservedWorkload;
  readonly #clock: () => number;
  #shared: SharedObservation | undefined;
  #revisions: readonly Revision[] = [];
  #evidence: Evidence = NO_EVIDENCE;
  /** Fingerprints of the templates that were live, by uid and generation. */
  readonly #lived = new Map<string, string>();
  /** Where a Deployment was last observed: at another address another one is of another cluster. */
  #placed: { readonly cluster: NamedCluster; readonly uid: string } | undefined;

  constructor(
    transport: ApiTransport,
    watch: DeploymentWatch,
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

  async #unlessChanged(shared: SharedObservation, signal: AbortSignal): Promise<ObservedService> {
    const observed = await shared.value;
    const live = this.#watch.peek().cached.deployment;
    const { uid, generation = 0 } = live?.metadata ?? observed;
    if (uid === observed.uid && generation === observed.generation) return observed;
    if (this.#shared === shared) this.forget();
    return this.observe(signal);
  }

  /** What evidence of this workload is read and written against. @throws SecretUnavailable. */
  async reader(signal: AbortSignal): Promise<EvidenceReader> {
    const { namespace, name, evidenceKey, source } = this.#workload;
    const [key, { server }] = await Promise.all([evidenceKey?.(signal), source.cluster()]);
    return {
      now: this.#clock(),
      workload: { kind: 'deployment', namespace, name, cluster: server },
      ...(key === undefined ? {} : { key }),
    };
  }

  /** The next observation reads everything anew. */
  forget(): void {
    this.#shared = undefined;
  }

  get evidence(): Evidence {
    return this.#evidence;
  }

  set evidence(evidence: Evidence) {
    this.#evidence = evidence;
    this.forget();
  }

  /**
   * The Deployment as the watch has it; where that cannot be, as the API server has it.
   * @param isDoubtful true for a state that can only be an old one, given what the caller knows.
   */
  async deployment(
    signal: AbortSignal,
    isDoubtful: (state: Deployment) => boolean = () => false,
  ): Promise<Deployment> {
    const { deployment } = await this.#watch.read(signal);
    return deployment && !isDoubtful(deployment) ? deployment : this.freshDeployment(signal);
  }

  /** The Deployment as the API server has it: one GET. */
  async freshDeployment(signal: AbortSignal): Promise<Deployment> {
    const deployment = await this.#watch.refresh(signal);
    const { namespace, name } = this.#workload;
    if (deployment) return deployment;
    throw new RunbookError('WorkloadMissing', `deployment/${name} does not exist in namespace ${namespace}`);
  }

  /** Templates in memory, oldest first. */
  get revisions(): readonly Revision[] {
    return this.#revisions;
  }

  /** Lists the Deployment's ReplicaSets: one request. */
  async listRevisions({ metadata, spec }: Deployment, signal: AbortSignal): Promise<readonly Revision[]> {
    const { items } = await this.#transport.list<ReplicaSet>(
      {
        resource: 'replicasets',
        namespace: this.#workload.namespace,
        query: { labelSelector: selectorText(spec.selector) },
      },
      signal,
    );
    this.#revisions = revisionsOf(items.filter((item) => isControlledBy(item, metadata.uid)));
    return this.#revisions;
  }

  /** The fingerprint that was live at a generation, when this worker observed it. */
  fingerprintAt(uid: string, generation: number): string | undefined {
    return this.#lived.get(`${uid}/${generation}`);
  }

  async #observe(signal: AbortSignal): Promise<ObservedService> {
    const evidence = this.reader(signal).then((reader) =>
      readVersionEvidence(this.#transport, this.#workload, reader, signal),
    );
    evidence.catch(() => {});
    const first = await this.deployment(signal);
    let revisions = await this.listRevisions(first, signal);
    this.#evidence = await evidence;
    // The newest state: the controller may have picked up a change while the list was on its way.
    const deployment = await this.deployment(signal, (state) => isContradicted(state, revisions));
    if (deployment.metadata.uid !== first.metadata.uid) {
      revisions = await this.listRevisions(deployment, signal);
    }
    const { namespace, container, fieldManager, source } = this.#workload;
    const [cluster, notes] = await Promise.all([source.cluster(), source.notes()]);
    this.#assertSamePlace(cluster, deployment);
    this.#remember(deployment);
    const stamped = areInDoubt(deployment, revisions)
      ? await stampedAnnotations(this.#transport, deployment, fieldManager, signal)
      : [];
    const running = areImagesInDoubt({ evidence: this.#evidence, container }, deployment.spec.template)
      ? await this.#runningImages(deployment, revisions, signal)
      : undefined;
    const parts: ObservedParts = {
      ...(running ? { running } : {}),
      pin: this.#workload.pin,
      cluster,
      deployment,
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
    const templates = [deployment.spec.template, ...revisions.map(({ template }) => template)];
    const beyond = proofsBeyond(observed, this.#evidence, templates, stamped);
    if (beyond.length === 0) return observed;
    const kept = await readKeptTemplates(this.#transport, this.#workload, deployment.metadata, signal);
    return observedService({ ...parts, beyond, kept });
  }

  /** The image IDs of the active pods that were made of the live template. Pods that may not be read tell nothing. */
  async #runningImages(
    deployment: Deployment,
    revisions: readonly Revision[],
    signal: AbortSignal,
  ): Promise<RunningImages> {
    const live = fingerprint(deployment.spec.template);
    const holders = revisions.filter((one) => one.fingerprint === live);
    try {
      const pods = await listPods(this.#transport, deployment, signal);
      return holders.flatMap((holder) => sortPods(pods, holder).made).map(imageIdsIn);
    } catch (error) {
      if (isStatus(error, 403)) return [];
      throw error;
    }
  }

  /** @throws ClusterChanged when the kubeconfig leads to another address by now, and to another Deployment there. */
  #assertSamePlace(cluster: NamedCluster, { metadata: { uid, name } }: Deployment): void {
    const before = this.#placed;
    if (before && before.cluster.server !== cluster.server && before.uid !== uid) {
      throw new RunbookError(
        'ClusterChanged',
        `the kubeconfig leads to another cluster by now (${nameOfCluster(cluster)}, before ${before.cluster.server}): deployment/${name} is another one there; restart the worker when that is meant`,
      );
    }
    this.#placed = { cluster, uid };
  }

  #remember({ metadata, spec }: Deployment): void {
    if (this.#lived.size > 100) this.#lived.clear();
    this.#lived.set(`${metadata.uid}/${metadata.generation ?? 0}`, fingerprint(spec.template));
  }
}

function stampNote(name: string): string {
  return `admission writes the template annotation ${name} anew with every change: it makes no other version`;
}
