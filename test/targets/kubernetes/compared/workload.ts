import { join } from 'node:path';
import { type KubernetesObject, MERGE_PATCH } from '../../../../sandbox/control-plane/api.ts';
import type { SandboxCluster } from '../../../../sandbox/index.ts';
import { imageOf, workload } from '../../../../sandbox/manifests.ts';
import { versionIdOf } from '../../../../src/domain/versions/versions.ts';
import { settingOf, type WorkloadKindName } from '../../../../src/domain/workload-kind.ts';
import { createKubernetesTarget } from '../../../../src/targets/kubernetes/index.ts';
import { fingerprint, versionId } from '../../../../src/targets/kubernetes/template/fingerprint.ts';
import { KINDS } from '../../../../src/targets/kubernetes/workload/kinds.ts';
import type { RollbackTarget } from '../../../../src/targets/target.ts';
import { until } from '../../../../tools/until.ts';
import { context } from '../support.ts';
import type { Ended, Shell } from './shell.ts';
import type { Turns } from './turns.ts';

/** What the histories are made on. */
export interface Place {
  readonly cluster: Pick<SandboxCluster, 'api' | 'adminKubeconfig' | 'createNamespace' | 'complete'>;
  /** Path of the real program. */
  readonly kubectl: string;
  /** Where kubectl may keep what it has learned of the API. */
  readonly folder: string;
}

/** A place, and what all of its workloads share. */
export interface Bench extends Place {
  readonly shell: Shell;
  /** Workers ask by turns: each opens a watch. */
  readonly workers: Turns;
}

/** Of the manifest. */
const CONTAINER = 'master-orchestrator';
/** Many are waited for at the same time. */
const POLL_MS = 80;

/** A workload, without pods unless its history needs some. */
export class Workload {
  readonly namespace: string;
  readonly name: string;
  readonly kind: WorkloadKindName;
  /** Template annotations that admission writes: they are not looked at when a version is named. */
  stamped: readonly string[] = [];
  readonly #place: Bench;
  readonly #replicas: number;
  readonly #names = new Map<string, string>();
  /** The second in which the newest version was made: the API server knows no part of one. */
  #second = 0;
  /** What is live is called so. */
  called = '';

  constructor(
    place: Bench,
    namespace: string,
    name: string,
    replicas: number,
    kind: WorkloadKindName = 'Deployment',
  ) {
    this.#place = place;
    this.namespace = namespace;
    this.name = name;
    this.#replicas = replicas;
    this.kind = kind;
  }

  /** As kubectl names the kind. */
  get word(): Lowercase<WorkloadKindName> {
    return KINDS[this.kind].word;
  }

  get api() {
    return this.#place.cluster.api;
  }

  /** @param resource `deployments`, `replicasets/name`: of apps/v1; all others are of v1. */
  path(resource = `${this.word}s/${this.name}`): string {
    const ofApps = /^(deployments|replicasets|statefulsets|daemonsets|controllerrevisions)/;
    const group = ofApps.test(resource) ? 'apis/apps/v1' : 'api/v1';
    return `/${group}/namespaces/${this.namespace}/${resource}`;
  }

  live(): Promise<KubernetesObject> {
    return this.api.must('GET', this.path());
  }

  /** The manifest that a team would have in its repository. */
  manifest(version: string, spec: KubernetesObject = {}): KubernetesObject {
    const ports = { apiPort: 8080, metricsPort: 9090 };
    const { namespace, name } = this;
    const image = imageOf(version);
    return workload(this.kind, { namespace, name, replicas: this.#replicas, image, ...ports, spec });
  }

  create(version: string, spec?: KubernetesObject): Promise<KubernetesObject> {
    return this.api.must('POST', this.path(`${this.word}s`), this.manifest(version, spec));
  }

  patch(patch: KubernetesObject, manager = 'kubectl-client-side-apply'): Promise<KubernetesObject> {
    return this.api.must('PATCH', `${this.path()}?fieldManager=${manager}`, patch, MERGE_PATCH);
  }

  /** Changes the first container, as whoever edits the manifest. */
  async container(change: (container: KubernetesObject) => KubernetesObject): Promise<void> {
    const { containers } = (await this.live()).spec.template.spec;
    const [first, ...others] = containers;
    await this.patch({ spec: { template: { spec: { containers: [change(first), ...others] } } } });
  }

  replicaSets(): Promise<readonly KubernetesObject[]> {
    return this.#selected('replicasets');
  }

  /** What its history is kept in. */
  revisions(): Promise<readonly KubernetesObject[]> {
    return this.#selected(this.kind === 'Deployment' ? 'replicasets' : 'controllerrevisions');
  }

  async #selected(resource: string): Promise<readonly KubernetesObject[]> {
    const selector = encodeURIComponent(`app=${this.name}`);
    return (await this.api.must('GET', this.path(`${resource}?labelSelector=${selector}`))).items;
  }

  /** Runs the real kubectl as an administrator. */
  kubectl(args: readonly string[], input = ''): Promise<Ended> {
    return kubectl(this.#place, this.namespace, args, input);
  }

  /** Asks or tells the runbook, as a worker that has just been started. */
  withTarget<T>(work: (target: RollbackTarget) => Promise<T>): Promise<T> {
    return this.#place.workers.take(async () => {
      const target = createKubernetesTarget({
        kubeconfig: this.#place.cluster.adminKubeconfig,
        namespace: this.namespace,
        [settingOf(this.kind)]: this.name,
        container: CONTAINER,
        pin: 'digest',
        rollout: { deadlineMs: 20_000, crashLoopRestarts: 3 },
      });
      try {
        return await work(target);
      } finally {
        await target.close();
      }
    });
  }

  /** What a verification of what is live would leave. */
  record(verdict: 'passed' | 'failed' | 'inconclusive'): Promise<unknown> {
    return this.withTarget(async (target) => {
      const { current, namespace, name } = await target.observe(context);
      await target.recordKnownGood(
        {
          schema: 2,
          id: versionIdOf(current),
          workload: { kind: this.word, namespace, name },
          required: ['health'],
          accepted: [],
          waived: [],
          excused: [],
          notApplicable: [],
          fingerprint: current.fingerprint,
          version: current.version,
          image: current.image,
          verdict,
          at: new Date().toISOString(),
          provedBy: 'verify',
          workflowId: 'verify/orchestrator',
          runId: 'run',
          checks: { health: { verdict, summary: verdict, values: {} } },
        },
        context,
      );
    });
  }

  /** Waits for the second after the one in which the newest version was made. */
  async inAnotherSecond(): Promise<void> {
    await until('another second', async () => secondOf(Date.now()) > this.#second, { everyMs: POLL_MS });
  }

  /**
   * Waits until the controller has seen what there is.
   * @param name how the version is called from now on that is live, when it has no name yet.
   */
  async seen(name?: string): Promise<void> {
    const live = await until(
      'the controller to have seen the workload',
      async () => {
        const object = await this.live();
        const { observedGeneration = 0 } = object.status ?? {};
        return observedGeneration >= object.metadata.generation && (await this.#isTidy(object)) && object;
      },
      { everyMs: POLL_MS },
    );
    const { template } = live.spec;
    const [print, id] = [fingerprint(template), versionId(template, this.stamped)];
    for (const key of [print, id]) {
      if (name === undefined || this.#names.has(key)) continue;
      this.#names.set(key, name);
      this.#second = secondOf(Date.now());
    }
    this.called = this.nameOf({ fingerprint: print, id });
  }

  /** Whether the controller has removed what is beyond the limit of the history. */
  async #isTidy({ spec }: KubernetesObject): Promise<boolean> {
    const limit: number = spec.revisionHistoryLimit;
    return limit > 1 || (await this.revisions()).length <= limit + 1;
  }

  complete(): Promise<unknown> {
    return this.#place.cluster.complete(this.namespace, this.name, undefined, this.kind);
  }

  /** How the table calls a template: by what has made it, else by the version that it is. */
  nameOf(of: { readonly fingerprint: string; readonly id?: string | undefined }): string {
    return this.#names.get(of.fingerprint) ?? this.#names.get(of.id ?? '') ?? 'something that never ran';
  }
}

/** Runs the real kubectl as an administrator. */
export function kubectl(
  { kubectl, folder, cluster, shell }: Bench,
  namespace: string,
  args: readonly string[],
  input = '',
): Promise<Ended> {
  const where = ['--kubeconfig', cluster.adminKubeconfig, '--cache-dir', join(folder, 'kubectl')];
  return shell.run([kubectl, ...where, '-n', namespace, ...args], input);
}

function secondOf(ms: number): number {
  return Math.floor(ms / 1000);
}
