import { describe, expect, it } from 'vitest';
import { announce } from '../../../src/domain/ledger/announce.ts';
import {
  type LedgerEntry,
  RUN_OUTCOMES,
  type RunOutcome,
  type RunReport,
} from '../../../src/domain/ledger/ledger.ts';
import type { CheckId, CheckResult } from '../../../src/domain/proof/checks.ts';
import type { Verdict } from '../../../src/domain/proof/verdict.ts';
import type { ResolvedRun } from '../../../src/domain/request/request.ts';
import type { StepId } from '../../../src/domain/steps/steps.ts';
import type { ShownPlan } from '../../../src/domain/versions/plan.ts';
import { planRollback } from '../../../src/domain/versions/plan-rollback.ts';
import { candidate, observed } from '../observed.ts';

const request: ResolvedRun = {
  service: 'orchestrator',
  environment: 'production',
  workload: 'deployment/orchestrator',
  wish: { kind: 'previous' },
  reason: '',
  incident: '',
  requestedBy: '',
  symptoms: [],
  mitigationsTried: [],
  dryRun: false,
  accept: [],
  checks: [],
  required: [],
  notifiers: [],
  profile: '',
  searchAttributes: false,
};
const report = (outcome: RunOutcome, change: Partial<RunReport> = {}): RunReport => ({
  workflow: 'rollback',
  workflowId: 'rollback/orchestrator',
  runId: 'run-1',
  outcome,
  summary: '',
  startedAt: '2026-01-01T00:00:00.000Z',
  ledger: [],
  ...change,
});
const entry = (step: StepId, change: Partial<LedgerEntry> = {}): LedgerEntry => ({
  step,
  outcome: 'completed',
  summary: '',
  attempts: 1,
  startedAt: '2026-01-01T00:00:01.000Z',
  finishedAt: '2026-01-01T00:00:02.000Z',
  ...change,
});
const proved = (check: CheckId, verdict: Verdict, change: Partial<CheckResult> = {}): LedgerEntry => {
  const counts = { samples: 1, needed: 1, inARow: 1, values: {}, evidence: [] };
  return entry(`verify-${check}`, {
    check: { check, verdict, summary: `${check} summary`, ...counts, ...change },
  });
};
function plan(): ShownPlan {
  const planned = planRollback(observed(candidate('0.2.0', 7), [candidate('0.1.0', 6)]), request.wish);
  return 'problem' in planned ? expect.fail(planned.message) : { ...planned, hash: '', diff: '' };
}

const HEADLINES: Record<RunOutcome, string> = {
  running: 'is being rolled back',
  'rolled-back': 'was rolled back and is proved well',
  'already-there': 'was already at its known-good version and is proved well',
  'not-proved': 'was rolled back, but is NOT proved well',
  planned: 'has a rollback plan',
  'not-warranted': 'was NOT rolled back: what is measured does not say that it is the release',
  expired: 'was NOT rolled back: nobody served the run in time',
  'known-good': 'was verified: this version is known-good',
  'not-known-good': 'was verified: this version is NOT known-good',
  failed: 'was NOT rolled back',
  cancelled: 'rollback was cancelled',
  restored: 'was NOT helped by the rollback: what ran before is back',
  joined: 'is being rolled back by another run already',
  'stayed-well': 'has stayed well since its rollback',
  superseded: 'was rolled back once more',
  'changed-back': 'was changed by somebody else after its rollback',
  'not-well-again': 'is NOT well any more after its rollback',
};
const BEGUN: Record<RunOutcome, string> = {
  ...HEADLINES,
  failed: 'rollback was begun and did NOT end well',
  cancelled: 'rollback was cancelled after the change was written',
};

describe('the headline', () => {
  const headline = (outcome: RunOutcome, ledger: LedgerEntry[]) =>
    announce(report(outcome, { ledger }), request).headline;

  it.each([...RUN_OUTCOMES])('of a run that ended %s', (outcome) => {
    expect(headline(outcome, [entry('plan')])).toBe(`orchestrator (production) ${HEADLINES[outcome]}`);
  });

  it.each([...RUN_OUTCOMES])('of a run that ended %s after the change was written', (outcome) => {
    expect(headline(outcome, [entry('plan'), entry('roll-back', { changed: true })])).toBe(
      `orchestrator (production) ${BEGUN[outcome]}`,
    );
  });

  const error = (type: string) => ({ outcome: 'failed' as const, error: { type, message: '' } });
  const unknown = 'and whether the change was written is not known';

  it.each<[string, RunOutcome, Partial<LedgerEntry>, string]>([
    ['found nothing to change', 'failed', { changed: false }, HEADLINES.failed],
    ['found nothing to change', 'cancelled', { changed: false }, HEADLINES.cancelled],
    ['was refused', 'failed', error('WriteRejected'), HEADLINES.failed],
    ['got no answer', 'failed', error('StepTimedOut'), `rollback did NOT end well, ${unknown}`],
    ['could not reach the cluster', 'failed', error('Unreachable'), `rollback did NOT end well, ${unknown}`],
    ['was cancelled', 'cancelled', { outcome: 'cancelled' }, `rollback was cancelled, ${unknown}`],
  ])('of a run whose roll-back %s: %s', (_title, outcome, change, headlineText) => {
    expect(headline(outcome, [entry('take-snapshot'), entry('roll-back', change)])).toBe(
      `orchestrator (production) ${headlineText}`,
    );
  });
});

describe('the lines', () => {
  it.each<[string, Partial<RunReport>, Partial<ResolvedRun>, string[]]>([
    ['are none when there is nothing to say', {}, {}, []],
    ['name the versions', { plan: plan() }, {}, ['0.2.0 → 0.1.0']],
    [
      'name the error',
      { error: { type: 'AccessDenied', message: 'may not patch' } },
      {},
      ['AccessDenied: may not patch'],
    ],
    ['give the reason', {}, { reason: 'chats fail' }, ['reason: chats fail']],
    ['give the incident', {}, { incident: 'INC-1234' }, ['incident: INC-1234']],
    [
      'K14 name the cluster, by context and address',
      {},
      { cluster: { context: 'production', server: 'https://api.example:6443' } },
      ['cluster: context production, https://api.example:6443'],
    ],
    ['say who asked', {}, { requestedBy: 'ada' }, ['requested by: ada']],
    [
      'have a line for each symptom',
      {},
      { symptoms: ['500 on /chat', 'agents gone'] },
      ['before: 500 on /chat', 'before: agents gone'],
    ],
    [
      'have a line for each check that ran',
      {
        ledger: [
          entry('roll-back', { changed: true }),
          proved('health', 'passed'),
          proved('metrics', 'inconclusive'),
        ],
      },
      {},
      ['health: passed, health summary', 'metrics: inconclusive, metrics summary'],
    ],
    [
      'say that a check failed on the known-good version too',
      { ledger: [proved('chat', 'failed', { failedBefore: true }), proved('agents', 'failed')] },
      {},
      ['chat: failed (as on the known-good version), chat summary', 'agents: failed, agents summary'],
    ],
  ])('%s', (_title, ran, asked, expected) => {
    expect(announce(report('failed', ran), { ...request, ...asked }).lines).toEqual(expected);
  });

  it('come in one order: what, why, who, before, after', () => {
    const error = { type: 'VerificationFailed', message: 'chat failed' };
    const ran = report('not-proved', { plan: plan(), error, ledger: [proved('chat', 'failed')] });
    const asked = { reason: 'r', incident: 'i', requestedBy: 'ada', symptoms: ['s'] };
    expect(announce(ran, { ...request, ...asked }).lines.map((line) => line.split(':')[0])).toEqual([
      '0.2.0 → 0.1.0',
      'VerificationFailed',
      ...['reason', 'incident', 'requested by', 'before', 'chat'],
    ]);
  });
});

it('an announcement names service, environment, outcome and when the run ended', () => {
  const finishedAt = '2026-01-01T00:05:00.000Z';
  const about = { service: 'orchestrator', environment: 'production' };
  expect(announce(report('rolled-back', { finishedAt }), request)).toMatchObject({
    ...{ ...about, outcome: 'rolled-back', at: finishedAt },
  });
  expect(announce(report('running'), request)).toMatchObject({
    ...{ ...about, outcome: 'running', at: '2026-01-01T00:00:00.000Z' },
  });
});
