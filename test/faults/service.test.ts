import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fault } from '../../sandbox/faults/index.ts';
import { checksOf } from '../../src/domain/ledger/ledger.ts';
import { CHECK_IDS, type CheckId } from '../../src/domain/proof/checks.ts';
import { openStage, type Stage } from '../stories/stage.ts';
import { counted } from './counted.ts';
import { EVERYTHING } from './rows.ts';
import { BUDGET_MS, type ServiceBehindProxy, serviceBehindProxy } from './service/behind-proxy.ts';
import { PATHS, SERVICE_FAULTS, type ServiceFault, verdictOf } from './service/faults.ts';

let stage: Stage;
const services = new Map<CheckId, ServiceBehindProxy>();
beforeAll(async () => {
  stage = await openStage();
  await Promise.all(
    CHECK_IDS.map(async (check) => services.set(check, await serviceBehindProxy(stage, `service-${check}`))),
  );
});
afterAll(async () => {
  await Promise.all([...services.values()].map((service) => service.close()));
  await stage?.close();
});

/** Far more than a probe may read, far less than what is sent: buffers of the system lie in between. In bytes. */
const TAKEN_AT_MOST = 16 * 2 ** 20;

/** What a busy machine adds to the budget of a check, in milliseconds. */
const SLACK_MS = 2_000;

/** Verifies the service while one check meets the fault. */
async function verifyWith(check: CheckId, fault: Fault, times?: number) {
  const { cast, proxyOf } = services.get(check)!;
  const proxy = proxyOf(check);
  const rule = proxy.rule({ path: PATHS[check], ...(times === undefined ? {} : { times }) }, fault);
  try {
    const report = await cast.verify();
    expect(proxy.problems).toEqual([]);
    const entry = report.ledger.find(({ step }) => step === `verify-${check}`);
    const tookMs = Date.parse(entry?.finishedAt ?? '') - Date.parse(entry?.startedAt ?? '');
    return { report, entry, tookMs, hits: rule.hits.length };
  } finally {
    await proxy.heal();
  }
}

async function isJudged(check: CheckId, fault: ServiceFault): Promise<void> {
  const verdict = verdictOf(fault, check);
  let taken = 0;
  const done = fault.fault((bytes) => {
    taken = Math.max(taken, bytes);
  });
  const { report, entry, tookMs, hits } = await verifyWith(check, done);
  expect(hits).toBeGreaterThanOrEqual(1);
  expect(entry).toMatchObject({ outcome: 'completed', verdict, attempts: 1 });
  expect(report.error?.type).toBe(verdict === 'failed' ? 'VerificationFailed' : 'VerificationInconclusive');
  expect(tookMs).toBeLessThan(BUDGET_MS + SLACK_MS);
  expect(taken).toBeLessThan(TAKEN_AT_MOST);
}

async function passesWhenWellAgain(check: CheckId, { fault, forAWhile }: ServiceFault): Promise<void> {
  const { times, ...done } = forAWhile ?? { fault: fault(() => undefined), times: 2 };
  const { report, entry, hits } = await verifyWith(check, done.fault, times);
  expect(hits).toBe(times);
  expect(entry).toMatchObject({ verdict: 'passed', attempts: 1 });
  expect(report.outcome).toBe('known-good');
  expect(checksOf(report)).toHaveLength(CHECK_IDS.length);
}

/** The checks are gone through at the same time; one check meets one fault after the other. */
const turns = new Map<CheckId, Promise<unknown>>();
function inTurn(check: CheckId, run: () => Promise<void>): Promise<void> {
  const mine = (turns.get(check) ?? Promise.resolve()).then(run);
  turns.set(
    check,
    mine.catch(() => undefined),
  );
  return mine;
}

const TIME_LIMIT = 120_000;

describe('a service misbehaves', () => {
  const cases = SERVICE_FAULTS.flatMap((fault) => CHECK_IDS.map((check) => ({ fault, check })));
  for (const { fault, check } of cases) {
    const verdict = verdictOf(fault, check);
    const row = { family: 'service misbehaves', target: 'Kubernetes' } as const;
    if (EVERYTHING || fault.short?.includes(check)) {
      const what = `${fault.what}: ${check}`;
      const run = () => counted({ ...row, fault: what, ends: verdict }, () => isJudged(check, fault));
      it.concurrent(`${what} is ${verdict}, within time and memory`, () => inTurn(check, run), TIME_LIMIT);
    }
    if (EVERYTHING || fault.shortWell?.includes(check)) {
      const what = `${fault.what} for a while and is well then: ${check}`;
      const run = () =>
        counted({ ...row, fault: what, ends: 'passed' }, () => passesWhenWellAgain(check, fault));
      it.concurrent(`${what} passes`, () => inTurn(check, run), TIME_LIMIT);
    }
  }
});
