import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WORKER_RULES } from '../../sandbox/manifests.ts';
import { type Cast, openStage, type Stage } from './stage.ts';

let stage: Stage;
let cast: Cast;
beforeAll(async () => {
  stage = await openStage();
  cast = await stage.cast('refused');
  await cast.deploy('v0.1.0');
});
afterAll(() => stage?.close());

describe('a bad request ends the run at once and names each wrong field', () => {
  it.each<[string, unknown, RegExp]>([
    [
      'an unknown service',
      { service: 'nobody' },
      /service: nobody is not configured \(known: orchestrator\)/,
    ],
    ['a service name that is none', { service: 'No Body' }, /service: is not a profile name/],
    [
      'another environment',
      { environment: 'staging' },
      /environment: orchestrator is configured for production/,
    ],
    ['a moving tag', { target: 'latest' }, /target: "latest" names no version/],
    ['a broken digest', { target: 'sha256:12' }, /target: a digest is sha256:/],
    ['an unknown field', { tagret: '0.1.0' }, /tagret: no such field/],
    ['a wrong type', { dryRun: 'yes' }, /dryRun: expected boolean/],
    [
      'several at once',
      { dryRun: 1, target: 'latest', x: 1 },
      /(?=.*dryRun)(?=.*target)(?=.*x: no such field)/,
    ],
    ['a URL', { reason: 'see https://evil.example/x' }, /reason: holds a URL/],
    ['a URL in a list', { symptoms: ['fine', 'ftp://x/y'] }, /symptoms\.1: holds a URL/],
    ['a secret', { reason: 'Bearer abcdef0123456789' }, /reason: looks like a secret/],
    ['a text that is too long', { reason: 'x'.repeat(501) }, /reason: is longer than 500 characters/],
    ['control characters', { requestedBy: 'a\u0000b' }, /requestedBy: holds control characters/],
    ['no object', 'roll back please', /request: expected/],
    ['a list', [], /request: expected/],
  ])('%s', async (_title, request, message) => {
    const handle = await cast.start(request);
    const report = await cast.end(handle);
    expect(report.error?.type).toBe('InvalidRequest');
    expect(report.error?.message).toMatch(message);
    expect(report.error?.message).not.toMatch(/evil\.example|abcdef0123456789/);
    expect(report.ledger).toHaveLength(1);
    expect(report.ledger[0]?.attempts).toBe(1);
  });

  it.each([
    ['no input at all', undefined],
    ['null', null],
    ['an empty object', {}],
  ])('%s is a whole request', async (_t, input) => {
    const handle = await stage.client.workflow.start('rollback', {
      taskQueue: cast.taskQueue,
      workflowId: `input-${String(_t)}`,
      args: input === undefined ? [] : [input],
    });
    const report = await cast.end(handle);
    expect(report.error?.type).toBe('NoHistory');
    expect(report.request).toMatchObject({ service: 'orchestrator', wish: { kind: 'known-good' } });
  });
});

describe('what stands in the way is found before anything is changed', () => {
  const unchanged = async (other: Cast, type: string, message: RegExp, request: unknown = {}) => {
    const before = (await other.workload()).metadata.generation;
    const report = await other.rollback(request);
    expect(report.error).toMatchObject({ type });
    expect(report.error?.message).toMatch(message);
    expect(report.outcome).toBe('failed');
    expect(report.ledger.some(({ step }) => step === 'roll-back')).toBe(false);
    expect((await other.workload()).metadata.generation).toBe(before);
  };

  it('a paused Deployment, with the command that resumes it', async () => {
    const paused = await stage.cast('paused');
    await paused.deploy('v0.1.0');
    await paused.deploy('v0.2.0');
    const path = `/apis/apps/v1/namespaces/${paused.namespace}/deployments/master-orchestrator`;
    await stage.sandbox.cluster.api.must(
      'PATCH',
      path,
      { spec: { paused: true } },
      'application/merge-patch+json',
    );
    await unchanged(paused, 'WorkloadPaused', /kubectl rollout resume/);
  });

  it('a template that refers to a ConfigMap that is gone', async () => {
    const gone = await stage.cast('reference');
    const config = `/api/v1/namespaces/${gone.namespace}/configmaps`;
    await stage.sandbox.cluster.api.must('POST', config, {
      metadata: { name: 'app-config' },
      data: { a: '1' },
    });
    const volumes = [{ name: 'config', configMap: { name: 'app-config' } }];
    await gone.deploy('v0.1.0', { template: { volumes } });
    await gone.deploy('v0.2.0', { template: { volumes: null } });
    await stage.sandbox.cluster.api.must('DELETE', `${config}/app-config`);
    await unchanged(gone, 'ReferenceMissing', /configmap\/app-config/);
  });

  it('a missing permission, by its verb and resource', async () => {
    const rules = WORKER_RULES.map((rule) =>
      (rule.resources as readonly string[]).includes('deployments')
        ? { ...rule, verbs: ['get', 'list', 'watch'] }
        : rule,
    );
    const weak = await stage.cast('permission', { rules });
    await weak.deploy('v0.1.0');
    await weak.deploy('v0.2.0');
    await unchanged(weak, 'AccessDenied', /patch.*deployments/);
  });

  it('a revision that never was, with what there is', async () => {
    await unchanged(cast, 'TargetNotFound', /0\.1\.0 \(revision 1\)/, { target: 'revision:42' });
  });
});
