import { join } from 'node:path';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UNATTENDED } from '../../sandbox/demo/config.ts';
import { fingerprint } from '../../src/targets/kubernetes/template/fingerprint.ts';
import { imageNow } from './asked.ts';
import { type Cast, openStage, recordOf, type Stage } from './stage.ts';

let stage: Stage;
let cast: Cast;
let stop = async () => {};
const FOREIGN_QUEUE = 'queue-of-somebody-else';
beforeAll(async () => {
  stage = await openStage();
  cast = await stage.cast('foreign', { profile: UNATTENDED });
  for (const version of ['v0.1.0', 'v0.2.0']) await cast.deploy(version);
  const worker = await Worker.create({
    connection: stage.native,
    taskQueue: FOREIGN_QUEUE,
    workflowBundle: await bundleWorkflowCode({
      workflowsPath: join(import.meta.dirname, '../workflows/bundles/foreign.ts'),
      logger: new DefaultLogger('ERROR'),
    }),
  });
  const ended = worker.run();
  stop = async () => {
    worker.shutdown();
    await ended;
  };
});
afterAll(async () => {
  await stop();
  await stage?.close();
});

let count = 0;
/** Calls a step from a workflow of somebody else. @returns what it gave, or the failure of the step. */
async function call(
  step: string,
  args: unknown[],
  report: unknown = {},
): Promise<{ type?: string; message?: string }> {
  count += 1;
  const handle = await stage.client.workflow.start('foreign', {
    workflowId: `somebody-else/${cast.namespace}/${count}`,
    taskQueue: FOREIGN_QUEUE,
    args: [cast.taskQueue, step, args, report],
  });
  return handle.result().catch((error) => error.cause.cause);
}

describe('T7 a workflow of somebody else that calls our steps', () => {
  it('T7 cannot write over the record of a run', async () => {
    const report = await cast.rollback({ target: 'revision:42' });
    const { json } = await recordOf(report);
    const failure = await call('record-incident', [], { ...report, summary: 'forged' });
    expect(failure).toMatchObject({ type: 'RecordFailed' });
    expect(failure.message).toContain('is of another run');
    expect((await recordOf(report)).json).toEqual(json);
  });

  it('T7 tells people in its own name alone', async () => {
    const announcement = {
      service: 'orchestrator',
      environment: 'production',
      outcome: 'rolled-back',
      at: new Date().toISOString(),
      headline: 'all is well',
      lines: [],
      workflowId: 'rollback/orchestrator',
      link: 'https://evil.example/login',
    };
    await call('notify', ['slack', announcement]);
    const told = JSON.stringify(cast.channel.received.at(-1)?.body);
    expect(told).toContain(`somebody-else/${cast.namespace}/${count}`);
    expect(told).not.toContain('evil.example');
  });
});

describe('T8 the step that writes', () => {
  const pinOf = async (change: object) => {
    const { metadata } = await cast.workload();
    const { namespace, name, uid, generation } = metadata;
    return {
      target: 'kubernetes',
      workload: { namespace, name, uid },
      generation,
      fingerprint: '',
      version: 'x',
      ...change,
    };
  };

  it.each([
    'evil.example/phoenix/orch:0.1.0',
    'master-orchestrator-evil:0.1.0',
    'docker.io/evil/orch@sha256:0000000000000000000000000000000000000000000000000000000000000000',
  ])('T8 takes no image of another repository: %s', async (image) => {
    const before = await cast.workload();
    const [{ name: container }] = before.spec.template.spec.containers;
    const failure = await call('roll-back', [
      'orchestrator',
      await pinOf({ image, source: { kind: 'image', container, image } }),
    ]);
    expect(failure).toMatchObject({ type: 'ImageNotAllowed' });
    expect((await cast.workload()).metadata.generation).toBe(before.metadata.generation);
  });

  it('T8 takes no ReplicaSet that is not of the Deployment’s own history', async () => {
    const before = await cast.workload();
    const labels = { app: 'other' };
    const template = {
      metadata: { labels },
      spec: { containers: [{ name: 'master-orchestrator', image: 'evil.example/orch:0.1.0' }] },
    };
    const api = stage.sandbox.cluster.api;
    const made = await api.must('POST', `/apis/apps/v1/namespaces/${cast.namespace}/replicasets`, {
      metadata: { name: 'other' },
      spec: { replicas: 0, selector: { matchLabels: labels }, template },
    });
    const source = { kind: 'replica-set', name: 'other', uid: made.metadata.uid, podTemplateHash: '' };
    const pin = await pinOf({ image: 'x', source, fingerprint: fingerprint(made.spec.template) });
    expect(await call('roll-back', ['orchestrator', pin])).toMatchObject({ type: 'ImageNotAllowed' });
    expect(await imageNow(cast)).toBe(before.spec.template.spec.containers[0].image);
  });

  it('T8 takes another tag of its own repository', async () => {
    const [{ name: container, image: live }] = (await cast.workload()).spec.template.spec.containers;
    const image = live.replace(/:.*/, ':v0.1.0');
    const pin = await pinOf({ image, source: { kind: 'image', container, image } });
    expect(await call('roll-back', ['orchestrator', pin])).toMatchObject({ value: { changed: true } });
  });
});
