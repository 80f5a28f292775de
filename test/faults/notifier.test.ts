import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Receiver, startReceiver } from '../../sandbox/demo/receiver.ts';
import { type ActiveRule, type FaultProxy, startFaultProxy } from '../../sandbox/faults/index.ts';
import type { RunReport } from '../../src/domain/ledger/ledger.ts';
import { openStage, recordOf, type Stage } from '../stories/stage.ts';
import { counted } from './counted.ts';
import { RECEIVERS, type ReceiverCase } from './notifier/cases.ts';
import { EVERYTHING } from './rows.ts';

interface Channel {
  readonly receiver: Receiver;
  readonly proxy: FaultProxy;
  readonly rule: ActiveRule;
}

/** Receivers that one profile may have (docs/configuration.md). */
const AT_MOST = 10;

const chosen = RECEIVERS.filter(({ short }) => EVERYTHING || short);
const channels = new Map<string, Channel>();
const reports: RunReport[] = [];
let stage: Stage;

/** A receiver behind a proxy, and how the profile names it. */
async function openChannel({ name, fault, times }: ReceiverCase) {
  const receiver = await startReceiver();
  const proxy = await startFaultProxy({ upstream: new URL(receiver.url).origin });
  channels.set(name, { receiver, proxy, rule: proxy.rule(times === undefined ? {} : { times }, fault) });
  const file = join(stage.sandbox.folder, `${name}.url`);
  await writeFile(file, `${proxy.url}/hook`);
  return { webhook: { name, url: { file }, timeout: '500ms' } };
}

/** As few runs as possible with all of these receivers: each is told by a step of its own. */
beforeAll(async () => {
  stage = await openStage();
  for (let first = 0; first < chosen.length; first += AT_MOST) {
    const notify = await Promise.all(chosen.slice(first, first + AT_MOST).map(openChannel));
    const cast = await stage.cast('told', { profile: { notify } });
    await cast.deploy('v0.1.0', { replicas: 1 });
    await cast.deploy('v0.2.0');
    reports.push(await cast.rollback());
  }
});
afterAll(async () => {
  for (const { receiver, proxy } of channels.values()) await Promise.all([proxy.close(), receiver.close()]);
  await stage?.close();
});

it('the runs end as they would, and their records are kept', async () => {
  const told = await Promise.all(
    reports.map(async (report) => {
      expect(report.outcome).toBe('rolled-back');
      expect(report.error).toBeUndefined();
      return (await recordOf(report)).json.ledger.filter(({ step }) => step === 'notify');
    }),
  );
  expect(told.flat()).toHaveLength(chosen.length);
});

function isRight({ name, told, attempts, waits = 0 }: ReceiverCase): void {
  const { receiver, proxy, rule } = channels.get(name)!;
  const entries = reports.flatMap(({ ledger }) => ledger);
  const entry = entries.find((one) => one.step === 'notify' && one.receiver === name);
  expect(rule.hits.length).toBeGreaterThanOrEqual(1);
  expect(entry).toMatchObject({ outcome: told ? 'completed' : 'failed', attempts });
  expect(entry?.error?.type).toBe(told ? undefined : 'NotificationFailed');
  const sent = proxy.requests;
  const keys = new Set(sent.map(({ headers }) => headers['idempotency-key']));
  expect([...keys]).toEqual([expect.stringContaining(`notify-${name}`)]);
  const delivered = new Set(receiver.received.map(({ headers }) => headers['idempotency-key']));
  expect(delivered.size).toBe(told ? 1 : 0);
  if (attempts > 1) expect((sent[1]?.at ?? 0) - (sent[0]?.at ?? 0)).toBeGreaterThanOrEqual(waits);
}

it.each(chosen)('a receiver that $what (told: $told)', (one) => {
  const ends = one.told ? 'told once, run ends as it would' : 'ledger says failed, run ends as it would';
  const row = { family: 'notifier misbehaves', fault: one.what, target: 'both', ends } as const;
  return counted(row, async () => isRight(one));
});
