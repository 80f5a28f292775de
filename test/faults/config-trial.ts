import { readFile } from 'node:fs/promises';
import { expect } from 'vitest';
import { parse } from 'yaml';
import { type KubernetesObject, MERGE_PATCH } from '../../sandbox/control-plane/api.ts';
import { DEPLOYMENT, deployment, imageOf } from '../../sandbox/manifests.ts';
import { createKubernetesTarget } from '../../src/targets/kubernetes/index.ts';
import type { Cast, Stage } from '../stories/stage.ts';
import { COPY, EVIDENCE, prove, slot } from '../targets/kubernetes/config-service.ts';
import { aSecondLater } from '../worlds/a-second-later.ts';
import { kubernetesTrial } from './kubernetes-trial.ts';
import type { Trial } from './trial.ts';

const GOOD = { ORCH_BEHAVIOUR: 'good' };
const BAD = { ORCH_BEHAVIOUR: 'agents-fail-under-traffic' };
const OTHER = { COLOUR: 'blue' };

/**
 * A release whose image and config are bad, after one that was proved with two ConfigMaps. The copy of one of them is gone since: a
 * rollback points to the other, and its record makes that one anew.
 */
export function configTrial(stage: Stage, name: string): Promise<Trial> {
  return kubernetesTrial(stage, name, { releases: (cast) => releases(stage, cast) });
}

async function releases({ sandbox }: Stage, cast: Cast): Promise<() => Promise<void>> {
  const { api, node } = sandbox.cluster;
  const { namespace } = cast;
  const configMaps = `/api/v1/namespaces/${namespace}/configmaps`;
  for (const [name, data] of Object.entries({ 'app-config': GOOD, 'other-config': OTHER })) {
    await api.must('POST', configMaps, { metadata: { name }, data });
  }
  await aSecondLater();
  const { apiPort, metricsPort } = node;
  const made = deployment({ image: imageOf('v0.1.0'), apiPort, metricsPort });
  const deployed = (version: string) => {
    const [container] = made.spec.template.spec.containers;
    const envFrom = ['app-config', 'other-config'].map((name) => ({ configMapRef: { name } }));
    const template = { containers: [{ ...container, image: imageOf(version), envFrom }] };
    return cast.deploy(version, { replicas: 1, template });
  };
  await deployed('v0.1.0');
  const { services } = parse(await readFile(cast.configFile, 'utf8'));
  const target = createKubernetesTarget({
    kubeconfig: services.orchestrator.kubernetes.kubeconfig,
    namespace,
    deployment: DEPLOYMENT,
    container: DEPLOYMENT,
    pin: 'digest',
    rollout: { deadlineMs: 20_000, crashLoopRestarts: 3 },
  });
  try {
    expect(await prove({ target })).not.toHaveProperty('warnings');
  } finally {
    await target.close();
  }
  await api.must('DELETE', `${configMaps}/${slot(1)}`);
  await api.must('PATCH', `${configMaps}/app-config`, { data: BAD }, MERGE_PATCH);
  await deployed('v0.2.0');
  return async () => {
    const { template } = (await cast.workload()).spec;
    const names = template.spec.containers[0].envFrom.map((one: KubernetesObject) => one.configMapRef.name);
    expect(names).toEqual([COPY, 'other-config']);
    const { items } = await api.must('GET', configMaps);
    const byName = new Map<string, KubernetesObject>(
      items.map((item: KubernetesObject) => [item.metadata.name, item]),
    );
    expect(byName.get('app-config')).toMatchObject({ data: BAD });
    expect(byName.get(COPY)).toMatchObject({ data: GOOD, immutable: true });
    expect(byName.get(slot(1))).toMatchObject({ data: OTHER, immutable: true });
    expect(byName.has(slot(2))).toBe(false);
    const records = Object.values<string>(byName.get(EVIDENCE).data).map((text) => JSON.parse(text));
    const kept = records.map(({ config }) => config.map((one: KubernetesObject) => one.copy?.name));
    expect(kept).toContainEqual([COPY, slot(1)]);
  };
}
