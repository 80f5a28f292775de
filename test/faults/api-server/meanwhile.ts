import { expect } from 'vitest';
import { MERGE_PATCH } from '../../../sandbox/control-plane/api.ts';
import { after, before } from '../../../sandbox/faults/index.ts';
import { DEPLOYMENT, imageOf } from '../../../sandbox/manifests.ts';
import { until } from '../../../tools/until.ts';
import type { World } from './behind-proxy.ts';
import { type End, entryOf, type FaultCase, ROLLED_BACK } from './case.ts';
import { PATCH, SLOW } from './points.ts';

const api = ({ stage }: World) => stage.sandbox.cluster.api;
const change = (world: World, patch: object) => api(world).must('PATCH', world.path, patch, MERGE_PATCH);

/** What somebody else does, through the API server itself. */
const ACTS = {
  'deletes the Deployment': (world) => api(world).must('DELETE', world.path),
  'deletes the Deployment and creates it again': async (world) => {
    const { metadata, spec } = await api(world).must('GET', world.path);
    await api(world).must('DELETE', world.path);
    await until('it to be gone', async () => (await api(world).call('GET', world.path)).status === 404);
    const { name, namespace, labels } = metadata;
    const collection = world.path.slice(0, world.path.lastIndexOf('/'));
    await api(world).must('POST', collection, {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace, labels },
      spec,
    });
  },
  'deploys another version': (world) => deploy(world, 'v0.1.1'),
  'rolls back to the same version': (world) => deploy(world, 'v0.1.0'),
  'pauses the Deployment': (world) => change(world, { spec: { paused: true } }),
  'scales the Deployment': (world) => change(world, { spec: { replicas: 2 } }),
  'annotates the Deployment': (world) => change(world, { metadata: { annotations: { owner: 'team-b' } } }),
  'deletes the ReplicaSet of the target': async (world) => {
    const collection = world.path.replace(/deployments\/.*/, 'replicasets');
    const { items } = await api(world).must('GET', collection);
    const target = items.find((item: { metadata: { annotations: object } }) =>
      JSON.stringify(item.metadata.annotations).includes('"deployment.kubernetes.io/revision":"1"'),
    );
    await api(world).must('DELETE', `${collection}/${target.metadata.name}`);
  },
} as const satisfies Record<string, (world: World) => Promise<unknown>>;

function deploy(world: World, version: string) {
  const containers = [{ name: DEPLOYMENT, image: imageOf(version) }];
  return api(world).must(
    'PATCH',
    world.path,
    { spec: { template: { spec: { containers } } } },
    'application/strategic-merge-patch+json',
  );
}

/** Acts of the short form. */
const SHORT: readonly (keyof typeof ACTS)[] = [
  'deletes the Deployment and creates it again',
  'deploys another version',
  'rolls back to the same version',
  'scales the Deployment',
];

const CHANGED: End = { error: 'WorkloadChanged', writes: 0 };

const BETWEEN: readonly [keyof typeof ACTS, End][] = [
  ['deletes the Deployment', { error: 'WorkloadMissing', writes: 0 }],
  ['deletes the Deployment and creates it again', CHANGED],
  ['deploys another version', CHANGED],
  ['rolls back to the same version', { writes: 0, also: 'nothing was left to write' }],
  ['pauses the Deployment', { error: 'WorkloadPaused', writes: 0 }],
  ['scales the Deployment', { ...ROLLED_BACK, also: 'on the new scale' }],
  ['annotates the Deployment', { ...ROLLED_BACK, also: 'the annotation stays' }],
  ['deletes the ReplicaSet of the target', ROLLED_BACK],
];

const DURING: readonly [keyof typeof ACTS, End][] = [
  ['deletes the Deployment', { error: 'WorkloadChanged', writes: 1 }],
  ['deletes the Deployment and creates it again', { error: 'WorkloadChanged', writes: 1 }],
  ['deploys another version', { error: 'WorkloadChanged', writes: 1 }],
  ['pauses the Deployment', { error: 'WorkloadPaused', writes: 1 }],
  ['scales the Deployment', { ...ROLLED_BACK, also: 'on the new scale' }],
];

/** Somebody else changes the Deployment at the worst moments: just before the write, and just after it. */
export const meanwhile: readonly FaultCase[] = [
  ...BETWEEN.map(
    ([act, end]): FaultCase => ({
      fault: `somebody ${act} between plan and write`,
      end,
      short: SHORT.includes(act),
      arm(world) {
        const rule = world.proxy.rule(
          { ...PATCH.match, times: 1 },
          before(async () => void (await ACTS[act](world))),
        );
        return async (report) => {
          expect(rule.hits).toHaveLength(1);
          if (end.error) return;
          const { spec, metadata } = await world.cast.workload();
          expect(spec.template.spec.containers[0].image).toMatch(/:v0\.1\.0$/);
          if (act.startsWith('scales')) expect(spec.replicas).toBe(2);
          if (act.startsWith('annotates')) expect(metadata.annotations.owner).toBe('team-b');
          expect(entryOf(report, 'roll-back').changed).toBe(end.writes > 0);
        };
      },
    }),
  ),
  ...DURING.map(
    ([act, end]): FaultCase => ({
      fault: `somebody ${act} right after the write`,
      end,
      deployed: SLOW,
      arm(world) {
        const rule = world.proxy.rule(
          { ...PATCH.match, times: 1 },
          after(async () => void (await ACTS[act](world))),
        );
        return () => expect(rule.hits).toHaveLength(1);
      },
    }),
  ),
];
