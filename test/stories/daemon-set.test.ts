import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checksOf } from '../../src/domain/ledger/ledger.ts';
import { openStage, recordOf, type Stage } from './stage.ts';
import { startWorkerProgram, stepUnderWay } from './stage-worker.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

const DAEMON_SET = { kind: 'DaemonSet', nodes: 2 } as const;

describe('a rollback of a DaemonSet', () => {
  it('goes back to the version that is proved, on every node, and proves it', async () => {
    const cast = await stage.cast('daemon-set', DAEMON_SET);
    await cast.deploy('v0.1.0');
    expect((await cast.verify()).outcome).toBe('known-good');
    await cast.deploy('v0.1.1');
    await cast.deploy('v0.2.0');
    const report = await cast.rollback();
    expect(report.outcome, report.summary).toBe('rolled-back');
    expect(report.plan).toMatchObject({ basis: 'known-good', to: { version: '0.1.0' } });
    expect(checksOf(report).map(({ verdict }) => verdict)).toEqual(['passed', 'passed', 'passed', 'passed']);
    expect((await cast.workload()).spec.template.spec.containers[0].image).toMatch(/:v0\.1\.0(@|$)/);
    const { markdown } = await recordOf(report);
    expect(markdown).toContain('daemonset/master-orchestrator');
    expect(JSON.stringify(cast.channel.received)).toContain('0.1.0');
  });

  it('whose worker is killed with -9 in the middle of wait-for-rollout ends as if nothing had been', async () => {
    const cast = await stage.cast('daemon-set-killed', { ...DAEMON_SET, worker: false });
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: '100%' } };
    await cast.deploy('v0.1.0-slow-ready', { spec: { updateStrategy } });
    await cast.deploy('v0.2.0');
    const first = await startWorkerProgram(stage.sandbox, cast);
    const mark = await stage.sandbox.cluster.mark();
    const handle = await cast.start({ target: '0.1.0-slow-ready' });
    await stepUnderWay(stage.client, handle.workflowId, 'wait-for-rollout');
    first.signal('SIGKILL');
    await startWorkerProgram(stage.sandbox, cast);
    const report = await cast.end(handle);
    expect(report.outcome, report.summary).toBe('rolled-back');
    const wait = report.ledger.find(({ step }) => step === 'wait-for-rollout');
    expect(wait?.attempts).toBeGreaterThanOrEqual(2);
    const asked = await stage.sandbox.cluster.requests(cast.user, mark);
    const writes = asked.filter(
      ({ verb, requestURI }) => verb === 'patch' && requestURI.includes('/daemonsets/'),
    );
    expect(writes).toHaveLength(1);
  });
});
