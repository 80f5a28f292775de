import type { WorkflowHandle } from '@temporalio/client';
import { UNATTENDED } from '../../sandbox/demo/config.ts';
import { needOf } from '../../src/domain/ledger/ledger.ts';
import { until } from '../../tools/until.ts';
import { ASKED, ready, reportOf, SOON, send, waits } from '../stories/asked.ts';
import { type Cast, openStage } from '../stories/stage.ts';
import { stepUnderWay } from '../stories/stage-worker.ts';
import type { Save } from './record.ts';

/** A freeze that lasts, of which somebody is asked. */
const FROZEN = {
  on: 'ask',
  freezes: [{ name: 'always', from: '2020-01-01T00:00:00Z', to: '2099-01-01T00:00:00Z' }],
};
const by = { decidedBy: 'anna', reason: 'seen in the logs' };
const RELEASES = ['v0.1.0', 'v0.2.0'];
const SLOW = ['v0.1.0-slow-ready', 'v0.2.0'];

/** Runs in which people are asked, or say something. */
export async function recordAsked(save: Save): Promise<void> {
  const stage = await openStage();
  /** Deploys, starts, does something to the run, and gives its history when it has ended. */
  const run = async (
    profile: Readonly<Record<string, unknown>>,
    versions: readonly string[],
    request: object,
    act: (handle: WorkflowHandle, cast: Cast) => Promise<unknown>,
    checks: Readonly<Record<string, unknown>> = {},
  ) => {
    const cast = await ready(stage, 'history', versions, profile, checks);
    const handle = await cast.start(request);
    await act(handle, cast);
    await handle.result().catch(() => undefined);
    return cast.history(handle.workflowId);
  };
  const decide =
    (answer: string, step?: string, more: object = {}) =>
    async (handle: WorkflowHandle) => {
      await waits(handle, 'decision', step);
      await send(handle, 'decide', { answer, ...by, ...more });
    };
  const approve = async (handle: WorkflowHandle, ...names: readonly string[]) => {
    const { planHash: plan } = await waits(handle, 'approval');
    for (const approvedBy of names) await send(handle, 'approve', { plan, approvedBy });
  };
  const underWay = (handle: WorkflowHandle) =>
    stepUnderWay(stage.client, handle.workflowId, 'wait-for-rollout');
  const approval = (settings: object) => ({ ...UNATTENDED, approval: { required: true, ...settings } });
  const CHAT_FAILS = ['v0.1.2-chat-output-null', 'v0.2.0'];

  try {
    await save('decided-retry', () =>
      run(ASKED, RELEASES, { target: 'revision:77' }, async (handle) => {
        await decide('retry')(handle);
        await decide('change-target', undefined, { target: '0.1.0' })(handle);
      }),
    );
    await save('decided-change-target', () =>
      run(
        ASKED,
        RELEASES,
        { target: 'revision:77' },
        decide('change-target', undefined, { target: '0.1.0' }),
      ),
    );
    await save('decided-skip', () => run(ASKED, CHAT_FAILS, {}, decide('skip', 'verify-chat'), SOON));
    const rule = {
      name: 'environment',
      object: 'environment',
      setting: 'APP_ENV',
      oneOf: ['prod'],
      on: 'ask',
    };
    await save('decided-go-on', () =>
      run({ ...ASKED, config: { critical: { rules: [rule] } } }, RELEASES, {}, decide('go-on', 'plan')),
    );
    const few = { minSamples: 1 };
    const signals = { orchestrator: { 'plan-failure-ratio': few, 'agent-failures-per-plan': few } };
    const alert = { trigger: 'alert' };
    await save('decided-need', () =>
      run({ ...ASKED, signals }, RELEASES, alert, decide('go-on', 'assess-need')),
    );
    await save('checked-not-warranted', async () => {
      const cast = await ready(stage, 'history', ['v0.1.0', 'v0.2.1-good-under-traffic'], {
        ...ASKED,
        signals,
      });
      await until('enough to be told by', async () => {
        const asked = await cast.rollback({ ...alert, dryRun: true });
        return needOf(asked)?.verdict === 'not-warranted';
      });
      const handle = await cast.start(alert);
      await handle.result();
      return cast.history(handle.workflowId);
    });
    await save('checked-preconditions', () =>
      run(
        { ...ASKED, signals, preconditions: { freeze: FROZEN } },
        RELEASES,
        {},
        decide('go-on', 'check-preconditions'),
      ),
    );
    await save('decided-restore-snapshot', () =>
      run(ASKED, RELEASES, { target: '9.9.9' }, decide('restore-snapshot', 'wait-for-rollout')),
    );
    await save('decided-abort', () =>
      run(ASKED, RELEASES, { target: '9.9.9' }, decide('abort', 'wait-for-rollout')),
    );
    await save('decided-fall-back', async () => {
      const cast = await ready(stage, 'history', ['v0.1.0'], ASKED, SOON);
      await cast.verify();
      for (const version of CHAT_FAILS) await cast.deploy(version);
      const handle = await cast.start({ target: '0.1.2-chat-output-null' });
      await decide('fall-back', 'verify-chat')(handle);
      await handle.result();
      return cast.history(handle.workflowId);
    });
    const steps = { 'wait-for-rollout': { atDeadline: 'restore-snapshot' } };
    await save('decided-by-deadline', () =>
      run(
        { decisions: { wait: '1s', steps }, followThrough: { for: '0s' } },
        RELEASES,
        { target: '9.9.9' },
        async () => undefined,
      ),
    );
    await save('check-repeated', () =>
      run(
        ASKED,
        CHAT_FAILS,
        {},
        async (handle) => {
          const { id } = await waits(handle, 'decision', 'verify-chat');
          await send(handle, 'repeat-check', { check: 'chat', by: 'ben', reason: 'once more' });
          while ((await reportOf(handle)).waitingFor?.id === id) await waits(handle, 'decision');
          await decide('abort')(handle);
        },
        SOON,
      ),
    );
    await save('approved', () =>
      run(approval({ quorum: 2 }), RELEASES, { requestedBy: 'anna' }, (handle) =>
        approve(handle, 'ben', 'cleo'),
      ),
    );
    await save('approval-rejected', () =>
      run(approval({}), RELEASES, { requestedBy: 'anna' }, async (handle) => {
        const { planHash: plan } = await waits(handle, 'approval');
        await send(handle, 'reject', { plan, rejectedBy: 'ben', reason: 'not now' });
      }),
    );
    await save('approval-expired', () =>
      run(approval({ expires: '1s' }), RELEASES, { requestedBy: 'anna' }, async () => undefined),
    );
    const broken = { requestedBy: 'anna', severity: 'sev1', breakGlass: 'nobody is awake' };
    await save('break-glass', () => run(approval({}), RELEASES, broken, async () => undefined));
    await save('paused', () =>
      run(ASKED, SLOW, {}, async (handle) => {
        await underWay(handle);
        await send(handle, 'pause', { by: 'anna', reason: 'looking' });
        await waits(handle, 'pause');
        await send(handle, 'add-note', { note: 'replication is fine', by: 'anna' });
        await send(handle, 'resume', { by: 'anna', reason: 'done' });
      }),
    );
    const budgets = { act: '1s', target: '1s', acceptable: '2s' };
    await save('over-budget', () => run({ ...UNATTENDED, budgets }, SLOW, {}, async () => undefined));
    for (const [name, onCancel] of [
      ['cancelled-finished', 'finish'],
      ['cancelled-restored', 'restore'],
    ] as const) {
      await save(name, () =>
        run({ ...UNATTENDED, onCancel }, SLOW, {}, async (handle) => {
          await underWay(handle);
          await handle.cancel();
        }),
      );
    }
    await save('cancelled-waiting', () =>
      run(ASKED, RELEASES, { target: 'revision:77' }, async (handle) => {
        await waits(handle, 'decision');
        await handle.cancel();
      }),
    );
  } finally {
    await stage.close();
  }
}
