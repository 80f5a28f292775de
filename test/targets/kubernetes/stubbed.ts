import { afterEach } from 'vitest';
import type { KubernetesPin } from '../../../src/domain/versions/pins.ts';
import { planRollback } from '../../../src/domain/versions/plan-rollback.ts';
import type { TargetWish } from '../../../src/domain/versions/targets.ts';
import type { RawObject, Workload } from '../../../src/targets/kubernetes/api/resources.ts';
import { createKubernetesTarget } from '../../../src/targets/kubernetes/index.ts';
import type { RollbackTarget } from '../../../src/targets/target.ts';
import { until } from '../../../tools/until.ts';
import { deployment, replicaSet } from './objects.ts';
import { StubApi } from './stub-api.ts';
import { context, PREVIOUS } from './support.ts';
import { templateOf } from './template.ts';

export const v1 = templateOf('registry.example/phoenix-orch:v0.1.0');
export const v2 = templateOf('registry.example/phoenix-orch:v0.2.0');
export const v3 = templateOf('registry.example/phoenix-orch:v0.3.0');

/** A Deployment on a stub of the API server: 0.2.0 runs, 0.1.0 was before. */
export interface StubbedService {
  readonly stub: StubApi;
  readonly target: RollbackTarget;
  /** Milliseconds since 1970, for the target. */
  now: number;
  live(): Workload;
  /** The Deployment as somebody changes it. */
  change(how: {
    readonly template?: RawObject;
    readonly uid?: string;
    readonly spec?: Partial<Workload['spec']>;
    readonly status?: Workload['status'];
    /** False: the watch does not hear of it. */
    readonly tell?: boolean;
  }): Workload;
  pin(wish?: TargetWish): Promise<KubernetesPin>;
  /** What was asked since the last call, watches left out. */
  asked(): readonly string[];
}

const open: { close(): Promise<void> }[] = [];

/** Closed by itself after each test. */
export function closeAfterEach(): void {
  afterEach(async () => {
    for (const each of open.splice(0).reverse()) await each.close();
  });
}

export async function stubbedService(): Promise<StubbedService> {
  const stub = await StubApi.open();
  open.push(stub);
  const service = { now: Date.parse('2026-11-23T03:00:00Z') };
  const target = createKubernetesTarget(stub.profile, { clock: () => service.now });
  open.push(target);
  stub.put('replicasets', replicaSet(1, v1));
  stub.put('replicasets', replicaSet(2, v2));
  stub.put('deployments', deployment({ spec: { template: v2 } }));
  const live = () => stub.get('deployments', 'orchestrator') as unknown as Workload;
  return Object.assign(service, {
    stub,
    target,
    live,
    change({ template, uid, spec, status, tell = true }: Parameters<StubbedService['change']>[0]) {
      const { metadata, ...now } = live();
      const isNew = template !== undefined || spec !== undefined;
      const generation = (metadata.generation ?? 0) + (isNew ? 1 : 0);
      const next = {
        metadata: { ...metadata, generation: uid ? 1 : generation, ...(uid ? { uid } : {}) },
        spec: { ...now.spec, ...spec, ...(template ? { template } : {}) },
        status: { ...now.status, observedGeneration: uid ? 1 : generation, ...status },
      };
      return stub.put('deployments', next, tell) as unknown as Workload;
    },
    async pin(wish: TargetWish = PREVIOUS) {
      const plan = planRollback(await target.observe(context), wish);
      if ('problem' in plan) throw new Error(plan.message);
      if (plan.pin.target !== 'kubernetes') throw new Error('a pin to something else');
      return plan.pin;
    },
    asked: () => stub.asked.splice(0).filter((what) => !what.startsWith('WATCH')),
  });
}

/** Waits until the stub has this many open watches of Deployments. */
export function watching(stub: StubApi, count = 1): Promise<true> {
  return until(`${count} watches`, async () => stub.watches() === count, { everyMs: 5 });
}
