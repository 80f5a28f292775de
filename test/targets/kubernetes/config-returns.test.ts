import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type KubernetesObject, MERGE_PATCH } from '../../../sandbox/control-plane/api.ts';
import { imageOf } from '../../../sandbox/manifests.ts';
import type { KnownGoodRecord } from '../../../src/domain/proof/known-good.ts';
import { planRollback } from '../../../src/domain/versions/plan-rollback.ts';
import type { TargetWish } from '../../../src/domain/versions/targets.ts';
import { until } from '../../../tools/until.ts';
import { context, openWorld, type Service } from './world.ts';

const { cluster, service } = openWorld({ instantReady: true });
const KNOWN_GOOD: TargetWish = { kind: 'known-good' };
const COPY = 'deployment-master-orchestrator-config-0';
const GOOD = { 'config.toml': 'model = "gpt-good"\n' };
const BAD = { 'config.toml': 'model = "gpt-none"\n' };
const template = { volumes: [{ name: 'config', configMap: { name: 'app-config' } }] };

/** A service whose pods take a ConfigMap; its content is a second older than the pods. */
async function configured(data: Readonly<Record<string, string>> = GOOD): Promise<Service> {
  const of = await service([]);
  await write(of, data, 'POST');
  await aSecondLater();
  await of.deploy('v0.1.0', { template });
  return of;
}

const write = (of: Service, data: object, how: 'POST' | 'PATCH' = 'PATCH') =>
  how === 'POST'
    ? cluster().api.must('POST', of.path('configmaps'), { metadata: { name: 'app-config' }, data })
    : cluster().api.must('PATCH', of.path('configmaps/app-config'), { data }, MERGE_PATCH);

/** The API server notes whole seconds: what is changed in the second of a start may be older or younger. */
const aSecondLater = () => sleep(1_000 - (Date.now() % 1_000) + 20);

async function prove(of: Service, verdict: 'passed' | 'failed' = 'passed') {
  const { current } = await of.target.observe(context);
  const record: KnownGoodRecord = {
    schema: 2,
    fingerprint: current.fingerprint,
    ...(current.id ? { id: current.id } : {}),
    version: current.version,
    image: current.image,
    required: ['health'],
    accepted: [],
    waived: [],
    excused: [],
    notApplicable: [],
    verdict,
    at: new Date().toISOString(),
    provedBy: 'verify',
    workflowId: 'verify/orchestrator',
    runId: 'run',
    checks: { health: { verdict, summary: '', values: {} } },
  };
  return of.target.recordKnownGood(record, context);
}

/** Its pods are deleted, and made anew of the same template. */
async function startAgain(of: Service): Promise<void> {
  const { items } = await cluster().api.must('GET', of.path('pods'));
  for (const { metadata } of items) await cluster().api.must('DELETE', of.path(`pods/${metadata.name}`));
  const names = items.map(({ metadata }: KubernetesObject) => metadata.name);
  await until('pods made anew', async () => {
    const { items: now } = await cluster().api.must('GET', of.path('pods'));
    return now.length > 0 && now.every(({ metadata }: KubernetesObject) => !names.includes(metadata.name));
  });
  await cluster().complete(of.namespace, 'master-orchestrator');
}

async function planned(of: Service, wish: TargetWish = KNOWN_GOOD) {
  const plan = planRollback(await of.target.observe(context), wish);
  if ('problem' in plan) throw new Error(`${plan.problem}: ${plan.message}`);
  return plan;
}

const volumeOf = (live: KubernetesObject) => live.spec.template.spec.volumes[0].configMap.name;

describe('the config that a version was proved with', () => {
  it('comes back with the image, by reference to a copy; the ConfigMap of the user stays as it is', async () => {
    const of = await configured();
    expect(await prove(of)).not.toHaveProperty('warnings');
    const copy = await cluster().api.must('GET', of.path(`configmaps/${COPY}`));
    expect(copy).toMatchObject({ immutable: true, data: GOOD });

    await write(of, BAD);
    await of.deploy('v0.2.0', { template });
    const plan = await planned(of);
    expect(plan).toMatchObject({
      to: { version: '0.1.0' },
      pin: { copies: [{ reference: 'configmap/app-config', name: COPY }] },
    });
    await of.rollBack(KNOWN_GOOD);
    const live = await of.live();
    expect(volumeOf(live)).toBe(COPY);
    expect(live.spec.template.spec.containers[0].image).toContain(imageOf('v0.1.0'));
    expect(await cluster().api.must('GET', of.path('configmaps/app-config'))).toMatchObject({ data: BAD });
    expect((await of.target.observe(context)).current).toMatchObject({
      version: '0.1.0',
      evidence: { verdict: 'passed' },
    });
  });

  it('comes back though the release was bad by its config alone, under the same template', async () => {
    const of = await configured();
    await prove(of);
    await write(of, BAD);
    const { current, history, warnings } = await of.target.observe(context);
    expect(current).not.toHaveProperty('evidence');
    expect(history).toMatchObject([{ version: '0.1.0', evidence: { verdict: 'passed' } }]);
    expect(warnings).toContainEqual(
      expect.stringContaining('other config than it was proved with: configmap/app-config'),
    );
    expect(await prove(of, 'failed')).toBeDefined();
    await of.rollBack(KNOWN_GOOD);
    expect(volumeOf(await of.live())).toBe(COPY);
  });

  it('is not touched where the ConfigMap holds it still', async () => {
    const of = await configured();
    await prove(of);
    await of.deploy('v0.2.0', { template });
    expect((await planned(of)).pin).not.toHaveProperty('copies');
    await of.rollBack(KNOWN_GOOD);
    expect(volumeOf(await of.live())).toBe('app-config');
  });

  it('is not recorded where it was changed after the pods had started', async () => {
    const of = await configured();
    await aSecondLater();
    await write(of, BAD);
    const { warnings } = await prove(of);
    expect(warnings).toEqual([
      expect.stringMatching(/^configmap\/app-config is not recorded as proved: it was changed at/),
    ]);
  });

  it('is seen by pods that are started again, where somebody has put it back by hand', async () => {
    const of = await configured();
    await prove(of);
    await write(of, BAD);
    await aSecondLater();
    await startAgain(of);
    await aSecondLater();
    await write(of, GOOD);

    const { current } = await of.target.observe(context);
    expect(current).not.toHaveProperty('evidence');
    expect((await planned(of)).pin).toMatchObject({ restartedAt: expect.any(String) });
    await aSecondLater();
    await of.rollBack(KNOWN_GOOD);
    const live = await of.live();
    expect(volumeOf(live)).toBe('app-config');
    expect(live.spec.template.metadata.annotations).toHaveProperty(['kubectl.kubernetes.io/restartedAt']);
    expect((await (await of.another()).observe(context)).current).toMatchObject({
      evidence: { verdict: 'passed' },
    });
  });

  it('does not count as proved in pods that may run with what was there before', async () => {
    const of = await configured();
    await prove(of);
    await aSecondLater();
    await write(of, BAD);
    await write(of, GOOD);
    const { current, history } = await of.target.observe(context);
    expect(current).not.toHaveProperty('evidence');
    expect(history).toMatchObject([{ version: '0.1.0', restartedAt: expect.any(String) }]);
  });
});
