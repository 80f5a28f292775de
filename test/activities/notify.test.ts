import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Receiver, startReceiver } from '../../sandbox/demo/receiver.ts';
import type { Dependencies } from '../../src/activities/dependencies.ts';
import { notify } from '../../src/activities/notify.ts';
import type { ServiceProfile } from '../../src/config/profile.ts';
import type { Announcement } from '../../src/domain/ledger/announce.ts';
import type { NotifierSettings } from '../../src/notifiers/catalogue.ts';
import { createNotifiers } from '../../src/notifiers/create-notifiers.ts';
import { createSecretResolver } from '../../src/secrets/index.ts';
import type { RollbackTarget } from '../../src/targets/target.ts';

const url = { env: 'HOOK' };
const settings: NotifierSettings[] = [
  { kind: 'slack', name: 'slack', url, timeoutMs: 5000 },
  { kind: 'webhook', name: 'pager', url, timeoutMs: 5000 },
  { kind: 'webhook', name: 'forgotten', url: { env: 'MISSING' }, timeoutMs: 5000 },
];
const announcement: Announcement = {
  service: 'orchestrator',
  environment: 'production',
  outcome: 'rolled-back',
  at: '2026-01-01T00:00:00.000Z',
  headline: 'orchestrator (production) was rolled back and is proved well',
  lines: ['0.2.0 → 0.1.0'],
};

async function channel(): Promise<Receiver> {
  const receiver = await startReceiver();
  onTestFinished(() => receiver.close());
  return receiver;
}

function dependencies({ url: HOOK }: Receiver, link: Dependencies['link'] = () => undefined): Dependencies {
  const notifiers = createNotifiers(settings, createSecretResolver({ env: { HOOK } }));
  return {
    config: { services: { orchestrator: {} as ServiceProfile }, groups: {}, records: '' },
    searchAttributes: () => ({ any: false, leftOut: [] }),
    service(name) {
      expect(name).toBe('orchestrator');
      return { target: {} as RollbackTarget, checks: {}, notifiers };
    },
    writeRecord: () => expect.fail('wrote a record'),
    link,
  };
}

function environment(activityId: string, attempt = 1, runId = 'run-1') {
  const workflowExecution = { workflowId: 'rollback/orchestrator', runId };
  const logger = new DefaultLogger('ERROR');
  return new MockActivityEnvironment({ activityId, attempt, workflowExecution }, { logger });
}
const tell = (deps: Dependencies, receiver: string, env = environment(`notify-${receiver}`)) =>
  env.run(notify(deps), receiver, announcement);
const refusal = (work: Promise<unknown>) =>
  work.then(
    () => expect.fail('it was sent'),
    (error: unknown) => error,
  );

describe('the step that tells people', () => {
  it.each(['slack', 'pager'])('gives %s the message, and says so', async (name) => {
    const receiver = await channel();
    expect(await tell(dependencies(receiver), name)).toMatchObject({
      value: { receiver: name },
      summary: `told ${name}`,
    });
    expect(receiver.received).toHaveLength(1);
    expect(JSON.stringify(receiver.received[0]?.body)).toContain(announcement.headline);
  });

  it('has one key for every attempt of a message, and another for each receiver and run', async () => {
    const receiver = await channel();
    const deps = dependencies(receiver);
    await tell(deps, 'slack', environment('notify-slack', 1));
    await tell(deps, 'slack', environment('notify-slack', 2));
    await tell(deps, 'pager', environment('notify-pager', 1));
    await tell(deps, 'slack', environment('notify-slack', 1, 'run-2'));
    expect(receiver.received.map(({ headers }) => headers['idempotency-key'])).toEqual([
      'rollback/orchestrator/notify-slack/run-1',
      'rollback/orchestrator/notify-slack/run-1',
      'rollback/orchestrator/notify-pager/run-1',
      'rollback/orchestrator/notify-slack/run-2',
    ]);
  });

  it('links the run when its address is known, and not otherwise', async () => {
    const receiver = await channel();
    await tell(dependencies(receiver), 'pager');
    const link = (workflowId: string, runId: string) => `http://ui.example/${workflowId}/${runId}`;
    await tell(dependencies(receiver, link), 'pager');
    const [without, linked] = receiver.received.map(({ body }) => body);
    expect(without).not.toHaveProperty('link');
    expect(without).toMatchObject({ ...announcement, workflowId: 'rollback/orchestrator', runId: 'run-1' });
    expect(linked).toMatchObject({ link: 'http://ui.example/rollback/orchestrator/run-1' });
  });

  it('gives up at once for a receiver that is not configured any more', async () => {
    const receiver = await channel();
    const error = await refusal(tell(dependencies(receiver), 'email'));
    expect(error).toBeInstanceOf(ApplicationFailure);
    expect(error).toMatchObject({
      type: 'NotificationFailed',
      nonRetryable: true,
      message: 'the receiver email is not configured any more',
    });
    expect(receiver.received).toEqual([]);
  });

  it('tries again while nobody answers, and tells no address', async () => {
    const receiver = await channel();
    await receiver.close();
    const error = await refusal(tell(dependencies(receiver), 'slack'));
    expect(error).toMatchObject({
      type: 'NotificationFailed',
      nonRetryable: false,
      message: 'slack: connection refused',
    });
  });

  it('tries again while the secret address is missing', async () => {
    const error = await refusal(tell(dependencies(await channel()), 'forgotten'));
    expect(error).toMatchObject({
      type: 'SecretUnavailable',
      nonRetryable: false,
      message: 'the environment variable MISSING is not set',
    });
  });

  it('sends nothing when it is cancelled before it begins', async () => {
    const receiver = await channel();
    const env = environment('notify-slack');
    env.cancel();
    expect(await refusal(tell(dependencies(receiver), 'slack', env))).toBeInstanceOf(CancelledFailure);
    expect(receiver.received).toEqual([]);
  });
});
