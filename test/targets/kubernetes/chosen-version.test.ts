import { describe, expect, test } from 'vitest';
import { imageOf } from '../../../sandbox/manifests.ts';
import { namesOf, type Plan } from '../../../src/domain/versions/plan.ts';
import { planRollback } from '../../../src/domain/versions/plan-rollback.ts';
import { parseTarget, type TargetWish } from '../../../src/domain/versions/targets.ts';
import { until } from '../../../tools/until.ts';
import { passedRecord } from './passed-record.ts';
import { stampEveryChange } from './stamping.ts';
import { context, openWorld, type Service } from './world.ts';

const { cluster, service } = openWorld({ instantReady: true });

/** What a run would plan from what is there now, as another worker. */
async function plan(of: Service, target = 'known-good'): Promise<Plan> {
  const planned = planRollback(
    await (await of.another()).observe(context),
    parseTarget(target) as TargetWish,
  );
  if ('problem' in planned) throw new Error(`${planned.problem}: ${planned.message}`);
  return planned;
}

/** Carries out what is asked for, without waiting for it. */
async function change(of: Service, target?: string): Promise<Plan> {
  const planned = await plan(of, target);
  await of.target.rollBack(planned.pin, context);
  return planned;
}

/** Changes the template as somebody would who edits it, and waits until the controller has seen it. */
async function edit(of: Service, spec: object, metadata: object = {}): Promise<void> {
  await of.change({ spec: { template: { metadata, spec } } });
  await cluster().complete(of.namespace, 'master-orchestrator');
}

async function proved(of: Service): Promise<void> {
  await of.target.recordKnownGood(passedRecord(await of.target.observe(context)), context);
}

async function withFlag(of: Service, value: string): Promise<void> {
  const [container] = (await of.live()).spec.template.spec.containers;
  const env = [{ name: 'FLAG', value }];
  await edit(of, { containers: [{ ...container, image: imageOf('v0.2.0'), env }] });
}

describe('the version that is gone back to', () => {
  test('K1 after a rollback to what does not start it is the one that is proved, not what that rollback put there', async () => {
    const of = await service(['v0.1.0']);
    await proved(of);
    await of.deploy('v0.2.0');
    expect(await change(of, '0.9.9')).toMatchObject({ to: { version: '0.9.9' }, rule: 'named' });
    expect(await plan(of)).toMatchObject({
      from: { version: '0.9.9' },
      to: { version: '0.1.0' },
      rule: 'older-proof',
      changesNothing: false,
    });
    await change(of);
    expect(await plan(of)).toMatchObject({
      to: { version: '0.1.0' },
      rule: 'stays-proved',
      changesNothing: true,
    });
  });

  test('K2 is the same image with the template annotation of before', async () => {
    const annotated = (value: string) => ({
      annotations: { 'vault.hashicorp.com/agent-inject-secret-db': value },
    });
    const of = await service(['v0.1.0', 'v0.2.0']);
    await edit(of, {}, annotated('db/old'));
    await edit(of, {}, annotated('db/new'));
    for (const target of ['known-good', 'previous']) {
      const planned = await plan(of, target);
      expect(planned).toMatchObject({ to: { version: '0.2.0', revision: 3 }, changesNothing: false });
      expect(planned.warnings.join('\n')).toMatch(
        /template annotations alone \(vault\.hashicorp\.com\/agent-inject-secret-db\).*does not come back/,
      );
    }
    await change(of);
    const { annotations } = (await of.live()).spec.template.metadata;
    expect(annotations).toEqual({ 'vault.hashicorp.com/agent-inject-secret-db': 'db/old' });
  });

  test('K2 is no restart of the same release, however often it was restarted', async () => {
    const restarted = (value: string) => ({ annotations: { 'kubectl.kubernetes.io/restartedAt': value } });
    const of = await service(['v0.1.0', 'v0.2.0']);
    await edit(of, {}, restarted('once'));
    await edit(of, {}, restarted('twice'));
    for (const target of ['known-good', 'previous'])
      expect(await plan(of, target)).toMatchObject({ to: { version: '0.1.0' } });
  });

  test.each<[string, (of: Service) => Promise<unknown>]>([
    ['the same manifest is applied once more', (of) => of.push('v0.1.1')],
    [
      'it is applied by the server',
      async (of) => {
        const { apiVersion, kind, metadata, spec } = await of.live();
        const { name, namespace } = metadata;
        const applied = {
          apiVersion,
          kind,
          metadata: { name, namespace },
          spec: { selector: spec.selector, template: spec.template },
        };
        await cluster().api.must(
          'PATCH',
          `${of.path()}?fieldManager=argocd&force=true`,
          applied,
          'application/apply-patch+yaml',
        );
      },
    ],
    ['it is scaled', (of) => of.change({ spec: { replicas: 2 } })],
    [
      'it is restarted',
      (of) => edit(of, {}, { annotations: { 'kubectl.kubernetes.io/restartedAt': 'now' } }),
    ],
    [
      'it is undone and redone',
      async (of) => {
        await of.deploy('v0.2.0');
        await of.deploy('v0.1.1');
      },
    ],
  ])('K3 stays what an earlier rollback put there when %s', async (_what, act) => {
    const of = await service(['v0.1.0', 'v0.1.1', 'v0.2.0']);
    expect(await change(of)).toMatchObject({ to: { version: '0.1.1' }, rule: 'one-before' });
    await cluster().complete(of.namespace, 'master-orchestrator');
    await act(of);
    const planned = await plan(of);
    expect(planned).toMatchObject({ to: { version: '0.1.1' }, rule: 'stays-unproved', changesNothing: true });
    expect(planned.warnings.join('\n')).toContain('an earlier rollback put 0.1.1 there and it stays');
  });

  test('K4 is no version that differs by what admission writes anew with every change', async () => {
    const of = await service(['v0.1.0', 'v0.1.1', 'v0.2.0']);
    await stampEveryChange(cluster().api, of);
    expect(await change(of)).toMatchObject({ to: { version: '0.1.1' } });
    await cluster().complete(of.namespace, 'master-orchestrator');
    expect(await plan(of)).toMatchObject({ to: { version: '0.1.1' }, changesNothing: true });
    // Each change is stamped anew: the controller makes another ReplicaSet of the same content.
    await of.change({ spec: { replicas: 2 } });
    await cluster().complete(of.namespace, 'master-orchestrator');
    const again = await plan(of);
    expect(again).toMatchObject({ to: { version: '0.1.1' }, changesNothing: true, rule: 'stays-unproved' });
    expect(again.warnings.join('\n')).toContain(
      'admission writes the template annotation example.com/request anew',
    );
    expect(await plan(of, 'previous')).toMatchObject({ to: { version: '0.2.0' } });
  });

  test('K4 is found already there after an answer that was lost, though admission has changed it', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    await stampEveryChange(cluster().api, of);
    const { pin } = await plan(of);
    expect(await of.target.rollBack(pin, context)).toMatchObject({ changed: true });
    const { generation } = (await of.live()).metadata;
    expect(await (await of.another()).rollBack(pin, context)).toMatchObject({ changed: false, generation });
    expect((await of.live()).metadata.generation).toBe(generation);
  });

  test('K5 is refused when it has another container than the profile names, and is still known when it was forced', async () => {
    const of = await service(['v0.1.0']);
    const rename = async (name: string, version: string) => {
      const [container] = (await of.live()).spec.template.spec.containers;
      const renamed = { ...container, name, image: imageOf(version) };
      const template = { path: '/spec/template/spec/containers', value: [renamed] };
      await cluster().api.must(
        'PATCH',
        of.path(),
        [{ op: 'replace', ...template }],
        'application/json-patch+json',
      );
      await cluster().complete(of.namespace, 'master-orchestrator');
    };
    await rename('app', 'v0.1.1');
    await rename('master-orchestrator', 'v0.2.0');
    await expect(plan(of)).rejects.toThrow(
      /^ForceRequired: 0\.1\.1 has no container "master-orchestrator", which the profile names, but "app" instead: name that/,
    );
    const forced = planRollback(await of.target.observe(context), { kind: 'known-good' }, { force: true });
    if ('problem' in forced) throw new Error(forced.message);
    expect(forced.warnings.join('\n')).toContain('forced: 0.1.1 has no container');
    const started = await of.target.rollBack(forced.pin, context);
    const finished = await of.target.waitForRollout(started, context, () => undefined);
    expect(finished.instances).toHaveLength(1);
    // The runbook still knows the workload, and the way back is open.
    expect(await plan(of)).toMatchObject({ to: { version: '0.1.1' }, changesNothing: true });
    const back = await change(of, '0.2.0');
    expect(back.warnings.join('\n')).toContain('what runs has "app" alone: that one is meant');
    expect((await of.live()).spec.template.spec.containers).toMatchObject([{ name: 'master-orchestrator' }]);
  });

  test('K10 is told from another one of the same tag by its digest', async () => {
    const of = await service(['v0.1.0']);
    for (const digit of ['1', '2']) {
      const [container] = (await of.live()).spec.template.spec.containers;
      const digest = `sha256:${digit.repeat(64)}`;
      cluster().node.registry.add(digest, 'good');
      const image = `${imageOf('v0.1.0')}@${digest}`;
      await edit(of, { containers: [{ ...container, image }] });
    }
    expect(namesOf(await plan(of))).toEqual({
      from: '0.1.0 @sha256:222222222222',
      to: '0.1.0 @sha256:111111111111',
    });
  });

  test('K6 can be asked for by what the message names, though several versions have one name', async () => {
    const of = await service([]);
    await of.deploy('v0.2.0');
    for (const value of ['off', 'on', 'off']) {
      await nextSecond();
      await withFlag(of, value);
    }
    await cluster().api.must('DELETE', `${of.path('replicasets')}/${await replicaSetWithout(of, 'FLAG')}`);
    const named = await plan(of, '0.2.0');
    expect(named).toMatchObject({ changesNothing: true });
    expect(named.warnings.join('\n')).toMatch(/0\.2\.0 is the name of other versions too, .*as revision:3/);
    await expect(plan(of)).rejects.toThrow(
      /only newer ones, to be asked for: 0\.2\.0 \(revision 3\) as revision:3/,
    );
    for (const target of ['revision:3', 'previous']) {
      const planned = await plan(of, target);
      expect(planned).toMatchObject({ to: { revision: 3 }, changesNothing: false });
    }
    const [container] = (await of.live()).spec.template.spec.containers;
    expect(container.env).toEqual([{ name: 'FLAG', value: 'off' }]);
    await change(of, 'previous');
    expect((await of.live()).spec.template.spec.containers[0].env).toEqual([{ name: 'FLAG', value: 'on' }]);
  });
});

/** The API server notes when a ReplicaSet was made in seconds. */
async function nextSecond(): Promise<void> {
  const begun = Math.floor(Date.now() / 1000);
  await until('the next second', async () => Math.floor(Date.now() / 1000) > begun);
}

/** The ReplicaSet whose template does not have this variable. */
async function replicaSetWithout(of: Service, variable: string): Promise<string> {
  const { items } = await cluster().api.must('GET', of.path('replicasets'));
  const found = items.find((item: { spec: unknown }) => !JSON.stringify(item.spec).includes(`"${variable}"`));
  return found.metadata.name;
}
