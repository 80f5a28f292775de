import { afterAll, afterEach, beforeAll } from 'vitest';
import { type KubernetesObject, MERGE_PATCH } from '../../../sandbox/control-plane/api.ts';
import type { Sandbox, SandboxCluster } from '../../../sandbox/index.ts';
import { DEPLOYMENT, imageOf, type PolicyRule, RULES_OF_KIND, workload } from '../../../sandbox/manifests.ts';
import type { KubernetesProfile } from '../../../src/domain/request/profile.ts';
import type { KubernetesPin } from '../../../src/domain/versions/pins.ts';
import { planRollback } from '../../../src/domain/versions/plan-rollback.ts';
import type { TargetWish } from '../../../src/domain/versions/targets.ts';
import { settingOf, type WorkloadKindName } from '../../../src/domain/workload-kind.ts';
import { createKubernetesTarget } from '../../../src/targets/kubernetes/index.ts';
import type { RollbackTarget, RolloutProgress } from '../../../src/targets/target.ts';
import { until } from '../../../tools/until.ts';
import { borrowSandbox, INSTANT } from '../../worlds/borrowed.ts';
import { context, errorOf, PREVIOUS } from './support.ts';

export { context, errorOf, PREVIOUS };

/** A service of its own for one test, with what a test wants to know of it. */
export interface Service {
  readonly namespace: string;
  readonly profile: KubernetesProfile;
  readonly target: RollbackTarget;
  /** Nodes of its own, of a DaemonSet. */
  readonly nodes: readonly string[];
  /** Another worker: its own connection, watch and memory. */
  another(
    change?: Partial<KubernetesProfile>,
    options?: Parameters<typeof createKubernetesTarget>[1],
  ): Promise<RollbackTarget>;
  /** Changes the Deployment by a merge patch, as somebody else would. */
  change(patch: KubernetesObject, manager?: string): Promise<KubernetesObject>;
  /** Deploys a version without waiting for it. */
  push(version: string, template?: KubernetesObject): Promise<KubernetesObject>;
  /** Deploys a version and waits until it is complete. */
  deploy(
    version: string,
    options?: Partial<Parameters<SandboxCluster['deploy']>[0]>,
  ): Promise<KubernetesObject>;
  live(): Promise<KubernetesObject>;
  /** Writes conditions into the status, as a controller does. */
  note(conditions: readonly unknown[]): Promise<unknown>;
  /** Observes and plans. */
  pin(wish?: TargetWish): Promise<KubernetesPin>;
  /** Rolls back and waits; returns the messages. */
  rollBack(wish?: TargetWish): Promise<readonly string[]>;
  /** Requests of the worker since a mark, as `verb resource`. */
  requests(since: number): Promise<readonly string[]>;
  path(resource?: string): string;
}

/** Label of nodes: the namespace of the DaemonSet that is to have pods on them. */
export const NODE_OF = 'runbook.test/daemonset-of';

/** Over all files of a vitest worker: they share a cluster. */
let count = 0;

/**
 * The cluster that the files of a vitest worker share. Each test takes a service of its own from it, so that their order
 * does not matter.
 * @param options.instantReady whether pods are ready at once, without a process of their own.
 * @param options.concurrent whether its tests run at the same time: what they open is closed when all of them are over.
 */
export function openWorld({
  instantReady = false,
  concurrent = false,
}: {
  readonly instantReady?: boolean;
  readonly concurrent?: boolean;
} = {}) {
  let sandbox: (Sandbox & { cluster: SandboxCluster }) | undefined;
  const open: RollbackTarget[] = [];

  beforeAll(async () => {
    sandbox = await borrowSandbox({ kubernetes: true });
  });
  const closeTargets = async () => {
    await Promise.all(open.splice(0).map((target) => target.close()));
  };
  if (!concurrent) afterEach(closeTargets);
  afterAll(async () => {
    await closeTargets();
    await sandbox?.close();
  });

  const cluster = () => sandbox!.cluster;

  /** @param versions deployed one after the other, each complete before the next. */
  async function service(
    versions: readonly string[],
    {
      kind = 'Deployment',
      rules = RULES_OF_KIND[kind],
      rollout = {},
      nodes: nodeCount = 0,
      ...how
    }: {
      /** For a DaemonSet: how many nodes it has pods on, at first. */
      readonly nodes?: number;
      readonly kind?: WorkloadKindName;
      readonly rules?: readonly PolicyRule[];
      readonly rollout?: Partial<KubernetesProfile['rollout']>;
    } & Partial<Parameters<SandboxCluster['deploy']>[0]> = {},
  ): Promise<Service> {
    const namespace = `${instantReady ? INSTANT : ''}service-${++count}`;
    const { api } = cluster();
    await cluster().createNamespace(namespace);
    const kubeconfig = await cluster().kubeconfigFor(namespace, undefined, rules);
    if (kind === 'DaemonSet') {
      how.template = { nodeSelector: { [NODE_OF]: namespace }, ...how.template };
    }
    const nodes = Array.from({ length: nodeCount }, (_, index) => `${namespace}-node-${index}`);
    await Promise.all(nodes.map((name) => cluster().nodes.add(name, { [NODE_OF]: namespace })));
    const deploy: Service['deploy'] = (version, more = {}) =>
      cluster().deploy({ kind, replicas: 1, ...how, ...more, namespace, image: imageOf(version) });
    for (const version of versions) await deploy(version);
    const profile: KubernetesProfile = {
      kubeconfig,
      namespace,
      [settingOf(kind)]: DEPLOYMENT,
      container: DEPLOYMENT,
      pin: 'digest',
      rollout: { deadlineMs: 20_000, crashLoopRestarts: 3, ...rollout },
    };
    const make = (of: KubernetesProfile, options?: Parameters<typeof createKubernetesTarget>[1]) => {
      const target = createKubernetesTarget(of, options);
      open.push(target);
      return target;
    };
    const target = make(profile);
    const path = (resource = `${kind.toLowerCase()}s/${DEPLOYMENT}`) =>
      /^(deployments|replicasets|statefulsets|daemonsets|controllerrevisions)/.test(resource)
        ? `/apis/apps/v1/namespaces/${namespace}/${resource}`
        : `/api/v1/namespaces/${namespace}/${resource}`;
    const change: Service['change'] = (patch, manager = 'somebody-else') =>
      api.must('PATCH', `${path()}?fieldManager=${manager}`, patch, MERGE_PATCH);
    const pin = async (wish = PREVIOUS) => {
      const plan = planRollback(await target.observe(context), wish);
      if ('problem' in plan) throw new Error(plan.message);
      if (plan.pin.target !== 'kubernetes') throw new Error('a pin to something else');
      return plan.pin;
    };
    return {
      namespace,
      profile,
      target,
      nodes,
      path,
      change,
      pin,
      deploy,
      async another(changed = {}, options) {
        const file = await cluster().kubeconfigFor(namespace, `worker-${++count}`, rules);
        return make({ ...profile, kubeconfig: file, ...changed }, options);
      },
      push(version, template) {
        const { node } = cluster();
        const wanted = workload(kind, {
          namespace,
          image: imageOf(version),
          apiPort: node.apiPort,
          metricsPort: node.metricsPort,
          ...how,
          ...(template ? { template: { ...how.template, ...template } } : {}),
        });
        return change({ spec: { template: wanted.spec.template } }, 'deployer');
      },
      live: () => api.must('GET', path()),
      note: (conditions) => api.must('PATCH', `${path()}/status`, { status: { conditions } }, MERGE_PATCH),
      async rollBack(wish) {
        const started = await target.rollBack(await pin(wish), context);
        const messages: string[] = [];
        await target.waitForRollout(started, context, ({ message }: RolloutProgress) =>
          messages.push(message),
        );
        return messages;
      },
      async requests(since) {
        const user = `system:serviceaccount:${namespace}:rollback-worker`;
        const events = await cluster().requests(user, since);
        return events.map(({ verb, requestURI }) => `${verb} ${resourceOf(requestURI)}`);
      },
    };
  }

  return { cluster, service };
}

function resourceOf(uri: string): string {
  const path = uri.split('?')[0] ?? '';
  return /\/namespaces\/[^/]+\/([^/]+)/.exec(path)?.[1] ?? path.split('/').at(-1) ?? path;
}

/**
 * Waits until the Deployment's condition Progressing says that its deadline has passed. A controller whose write of the
 * status conflicts with its own one before loses the note that a ReplicaSet is new, and never counts its time: after
 * a while that note is written here.
 */
export async function pastItsDeadline({ live, note }: Service): Promise<void> {
  let last: unknown;
  const lostAfter = Date.now() + 6_000;
  const passed = async () => {
    const { status } = await live();
    last = status;
    const found = status.conditions?.find(({ type }: { type: string }) => type === 'Progressing');
    if (found?.reason === 'NewReplicaSetAvailable' && Date.now() > lostAfter) {
      const now = new Date().toISOString();
      const isNew = { ...found, reason: 'NewReplicaSetCreated', lastUpdateTime: now };
      await note([...status.conditions.filter((one: unknown) => one !== found), isNew]);
    }
    return found?.reason === 'ProgressDeadlineExceeded';
  };
  await until('the deadline of the Deployment to pass', passed, { withinMs: 20_000 }).catch(
    (error: Error) => {
      throw new Error(`${error.message}; it is ${JSON.stringify(last)}`);
    },
  );
}
