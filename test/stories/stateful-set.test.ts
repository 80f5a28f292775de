import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UNATTENDED } from '../../sandbox/demo/config.ts';
import { RULES_OF_KIND } from '../../sandbox/manifests.ts';
import { locateTool } from '../../tools/index.ts';
import { until } from '../../tools/until.ts';
import { ASKED, headlines, send, standsStill, waits } from './asked.ts';
import { type Cast, openStage, recordOf, type Stage } from './stage.ts';
import { startWorkerProgram, stepUnderWay } from './stage-worker.ts';

const run = promisify(execFile);
const STATEFUL_SET = { kind: 'StatefulSet' } as const;
const by = { decidedBy: 'anna', reason: 'deleted by hand' };
/** No registry has it. */
const BROKEN = 'v9.9.9';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

/** A good release, and one whose first pod is never ready. */
async function stuck(name: string, options: Parameters<Stage['cast']>[1] = {}): Promise<Cast> {
  const cast = await stage.cast(name, { ...STATEFUL_SET, ...options });
  await cast.deploy('v0.1.0', { replicas: 2 });
  await cast.deploy(BROKEN, { replicas: 2, wait: false });
  const pod = `/api/v1/namespaces/${cast.namespace}/pods/master-orchestrator-1`;
  await until('a pod of the broken release', async () => {
    const { body } = await stage.sandbox.cluster.api.call('GET', pod);
    return body.status?.containerStatuses?.[0]?.state?.waiting?.reason !== undefined;
  });
  return cast;
}

/** The command at the end of a message, with the real kubectl. */
async function obey(message: string): Promise<void> {
  const { path } = await locateTool('kubectl');
  const command = /\bkubectl .*$/.exec(message)?.[0] ?? '';
  const env = { ...process.env, KUBECONFIG: stage.sandbox.cluster.adminKubeconfig };
  await run('sh', ['-c', command.replace(/^kubectl/, '"$0"'), path], { env });
}

async function evidence({ namespace }: Cast): Promise<readonly string[]> {
  const path = `/api/v1/namespaces/${namespace}/configmaps/statefulset-master-orchestrator-known-good`;
  const { body } = await stage.sandbox.cluster.api.call('GET', path);
  return Object.keys(body.data ?? {});
}

describe('a rollback of a StatefulSet', () => {
  it('goes on past a pod of the broken release, proves the service, and says what it has deleted', async () => {
    const cast = await stuck('set-stuck', { profile: UNATTENDED });
    const report = await cast.rollback();
    expect(report.outcome, report.summary).toBe('rolled-back');
    const replaced = /replaced master-orchestrator-1 of another version/;
    expect(report.ledger.find(({ step }) => step === 'wait-for-rollout')?.summary).toMatch(replaced);
    expect((await recordOf(report)).markdown).toMatch(replaced);
  });

  it('asks for a person where the worker may not delete pods, and goes on with their answer', async () => {
    const rules = RULES_OF_KIND.StatefulSet.filter(({ verbs }) => !verbs.includes('delete'));
    const cast = await stuck('set-held', { profile: ASKED, rules });
    const handle = await cast.start();
    const { error, answers } = await waits(handle, 'decision', 'wait-for-rollout');
    expect(error).toMatchObject({ type: 'RolloutHeld' });
    expect(answers).toEqual(['retry', 'restore-snapshot', 'fall-back', 'abort']);
    await standsStill(handle);
    expect(headlines(cast)[0]).toContain('somebody has to DECIDE');
    await obey(error.message);
    await send(handle, 'decide', { answer: 'retry', ...by });
    const report = await cast.end(handle);
    expect(report.outcome, report.summary).toBe('rolled-back');
    expect(report.events?.map(({ kind }) => kind)).toEqual(['decision-due', 'decision']);
    // Held is no failure of the version.
    expect((await evidence(cast)).filter((key) => key.startsWith('failed.'))).toEqual([]);
  });

  it('that is held by a partition is no success, and nothing is said against the version', async () => {
    const cast = await stage.cast('set-partition', { ...STATEFUL_SET, profile: UNATTENDED });
    for (const version of ['v0.1.0', 'v0.1.1']) await cast.deploy(version, { replicas: 2 });
    const { metadata } = await cast.workload();
    const path = `/apis/apps/v1/namespaces/${cast.namespace}/statefulsets/${metadata.name}`;
    const spec = { updateStrategy: { rollingUpdate: { partition: 1 } } };
    await stage.sandbox.cluster.api.must('PATCH', path, { spec }, 'application/merge-patch+json');
    const report = await cast.rollback();
    expect(report).toMatchObject({ outcome: 'failed', error: { type: 'RolloutHeld' } });
    expect(report.plan?.warnings.join('\n')).toContain('has partition 1: 1 of 2 replicas stay as they are');
    expect(report.error?.message).toContain(
      '1 of 2 replicas are of 0.1.0; master-orchestrator-0 waits for a person',
    );
    expect(await evidence(cast)).toEqual([]);
    const verified = await cast.verify();
    expect(verified).toMatchObject({ outcome: 'failed', error: { type: 'RolloutHeld' } });
    expect(verified.error?.message).toContain('master-orchestrator-0 waits for a person');
    expect(await evidence(cast)).toEqual([]);
  });

  it('whose worker is killed with -9 while it replaces a pod ends as if nothing had been', async () => {
    const cast = await stuck('set-killed', { profile: UNATTENDED, worker: false });
    const first = await startWorkerProgram(stage.sandbox, cast);
    const mark = await stage.sandbox.cluster.mark();
    const handle = await cast.start();
    await stepUnderWay(stage.client, handle.workflowId, 'wait-for-rollout');
    first.signal('SIGKILL');
    await startWorkerProgram(stage.sandbox, cast);
    const report = await cast.end(handle);
    expect(report.outcome, report.summary).toBe('rolled-back');
    const taken = (await stage.sandbox.cluster.requests(cast.user, mark)).filter(
      ({ verb, status }) => status < 300 && (verb === 'patch' || verb === 'delete'),
    );
    const on = (word: string) =>
      taken.filter(
        ({ verb, requestURI }) => requestURI.includes(word) && (word === '/pods/' ? verb === 'delete' : true),
      );
    expect([on('/statefulsets/').length, on('/pods/').length]).toEqual([1, 1]);
  });
});
