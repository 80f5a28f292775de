import { describe, expect, it } from 'vitest';
import { eventLine, headLine, printReport, runningLine, stepLine } from '../../../src/cli/show/run-lines.ts';
import type { LedgerEntry, RunReport } from '../../../src/domain/ledger/ledger.ts';
import type { ResolvedRun } from '../../../src/domain/request/request.ts';
import type { ShownPlan } from '../../../src/domain/versions/plan.ts';
import { PAUSE } from '../../domain/waits.ts';

const at = '2026-11-25T03:00:00.000Z';
const now = Date.parse(at);
const version = (name: string) => ({ version: name, image: `x:${name}`, revision: 1, fingerprint: 'f' });

const report = (plan: Partial<ShownPlan>, request: Partial<ResolvedRun> = {}): RunReport => ({
  workflow: 'rollback',
  workflowId: 'rollback/orchestrator',
  runId: 'r',
  outcome: 'running',
  summary: '',
  startedAt: at,
  ledger: [],
  request: { service: 'orchestrator', ...request } as ResolvedRun,
  plan: { from: version('0.2.0'), to: version('0.1.0'), basis: 'known-good', ...plan } as ShownPlan,
});

describe('the head of a run', () => {
  it.each<[string, Partial<ShownPlan>, Partial<ResolvedRun>, string]>([
    [
      'evidence of three hours ago',
      { verifiedAt: '2026-11-25T00:00:00.000Z' },
      {},
      'rollback orchestrator  0.2.0 -> 0.1.0  known-good, verified 3 h ago        http://ui/run',
    ],
    [
      'no evidence',
      { basis: 'previous-without-evidence' },
      {},
      'rollback orchestrator  0.2.0 -> 0.1.0  the version before, without known-good evidence        http://ui/run',
    ],
    [
      'a version that was asked for and is there',
      { basis: 'asked', changesNothing: true },
      {},
      'rollback orchestrator  0.1.0  as asked        http://ui/run',
    ],
    [
      'a dry run',
      { basis: 'asked' },
      { dryRun: true },
      'plan orchestrator  0.2.0 -> 0.1.0  as asked        http://ui/run',
    ],
  ])('%s', (_title, plan, request, line) => {
    expect(headLine(report(plan, request), 'http://ui/run', now)).toBe(line);
  });

  it('has no link when the UI is not known', () => {
    expect(headLine(report({ basis: 'asked' }), undefined, now)).toBe(
      'rollback orchestrator  0.2.0 -> 0.1.0  as asked',
    );
  });
});

describe('the line of a step', () => {
  const entry = (change: Partial<LedgerEntry>): LedgerEntry => ({
    step: 'roll-back',
    outcome: 'completed',
    summary: 'patched once',
    attempts: 1,
    startedAt: at,
    finishedAt: '2026-11-25T03:00:00.120Z',
    ...change,
  });

  it.each<[string, Partial<LedgerEntry>, RegExp]>([
    ['done', {}, /^ ✓ roll back {11}patched once {53}0\.1 s$/],
    ['passed', { step: 'verify-chat', verdict: 'passed' }, /^ ✓ verify chat /],
    ['failed check', { step: 'verify-chat', verdict: 'failed' }, /^ ✗ verify chat /],
    ['open check', { step: 'verify-chat', verdict: 'inconclusive' }, /^ \? verify chat /],
    ['failed step', { outcome: 'failed', summary: 'WriteRejected: no' }, /^ ✗ roll back +WriteRejected: no/],
    ['cancelled step', { outcome: 'cancelled' }, /^ ✗ roll back /],
    ['again', { attempts: 3 }, /patched once \(attempt 3\)/],
    ['a receiver', { step: 'notify', receiver: 'slack' }, /^ ✓ notify slack /],
    ['several lines', { summary: 'a\n  b' }, /^ ✓ roll back +a b /],
    ['a long text', { summary: 'x'.repeat(500) }, /^ ✓ roll back +x{159}… 0\.1 s$/],
  ])('%s', (_title, change, line) => {
    expect(stepLine(entry(change))).toMatch(line);
  });

  it('that runs shows what it said last', () => {
    const step = {
      step: 'wait-for-rollout',
      message: '2 of 3 replicas updated',
      since: '2026-11-25T02:59:58.800Z',
      attempt: 2,
    } as const;
    expect(runningLine(step, '⠋', now)).toMatch(
      /^ ⠋ wait for rollout {4}2 of 3 replicas updated \(attempt 2\) +1\.2 s$/,
    );
  });
});

describe('the line of an event', () => {
  const event = {
    kind: 'decision',
    at,
    summary: 'retry',
    by: 'ada',
    reason: 'the registry is back',
  } as const;

  it('says what, who and why', () => {
    expect(eventLine(event)).toBe(' • decision            ada: retry (the registry is back)');
  });

  it('of the run itself names nobody', () => {
    expect(eventLine({ kind: 'over-budget', at, summary: 'the run takes longer' })).toBe(
      ' • over-budget         the run takes longer',
    );
  });
});

describe('a run that is shown once', () => {
  const shown = (change: Partial<RunReport>) => {
    const lines: string[] = [];
    printReport({ ...report({ basis: 'asked' }), ...change }, {}, (text) => lines.push(text));
    return lines;
  };

  it('ends with what it waits for', () => {
    const lines = shown({ waitingFor: PAUSE, events: [{ kind: 'pause', at, by: 'ada', summary: 'paused' }] });
    expect(lines[1]).toBe(' • pause               ada: paused');
    expect(lines.at(-1)).toMatch(/^ {2}runbook resume rollback\/orchestrator /);
  });

  it('ends with its outcome when it waits for nobody', () => {
    expect(shown({ outcome: 'restored', summary: 'it is back', finishedAt: at }).at(-1)).toBe(
      'restored: it is back  (0.0 s)',
    );
  });
});
