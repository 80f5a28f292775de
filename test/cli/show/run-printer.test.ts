import { describe, expect, it } from 'vitest';
import { runPrinter } from '../../../src/cli/show/run-printer.ts';
import type { Screen } from '../../../src/cli/show/screen.ts';
import type { LedgerEntry, RunReport } from '../../../src/domain/ledger/ledger.ts';
import type { RunEvent } from '../../../src/domain/people/events.ts';
import type { ResolvedRun } from '../../../src/domain/request/request.ts';
import type { ShownPlan } from '../../../src/domain/versions/plan.ts';
import { APPROVAL, DECISION } from '../../domain/waits.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
const step = (second: number): LedgerEntry => ({
  step: 'check-access',
  outcome: 'failed',
  summary: 'AccessDenied',
  attempts: 1,
  startedAt: at(second),
  finishedAt: at(second),
});
const event = (second: number, summary: string): RunEvent => ({ kind: 'decision', at: at(second), summary });
const version = (name: string) => ({ version: name, image: `x:${name}`, revision: 1, fingerprint: name });
const plan = (to: string) =>
  ({ hash: to, from: version('0.2.0'), to: version(to), basis: 'asked' }) as ShownPlan;
const run = (change: Partial<RunReport>): RunReport => ({
  workflow: 'rollback',
  workflowId: 'rollback/orchestrator',
  runId: 'r',
  outcome: 'running',
  summary: '',
  startedAt: at(0),
  ledger: [],
  request: { service: 'orchestrator' } as ResolvedRun,
  ...change,
});

function printed(...reports: RunReport[]): string[] {
  const lines: string[] = [];
  const screen = { line: (text: string) => lines.push(text), running: () => undefined };
  const print = runPrinter(screen as unknown as Screen, {});
  for (const report of reports) print(report, []);
  return lines.map((text) => text.trim().replaceAll(/ {2,}/g, ' '));
}

describe('a run that is followed', () => {
  it('says nothing before there is a plan', () => {
    expect(printed(run({ ledger: [step(1)] }))).toEqual([]);
  });

  it('shows what it waits for although there is no plan yet', () => {
    expect(printed(run({ ledger: [step(1)], waitingFor: DECISION }))).toEqual([
      'rollback orchestrator',
      '✗ check access AccessDenied 0.0 s',
      expect.stringContaining('decision-1: waits for a decision'),
    ]);
  });

  it('U4 shows what each plan notes, once, and leaves it to a dry run to show its own', () => {
    const noted = (to: string) => ({ ...plan(to), warnings: [`${to} is not in the history`] });
    const first = run({ plan: noted('0.9.9') });
    expect(printed(first, first, run({ plan: noted('0.9.8') }))).toEqual([
      'rollback orchestrator 0.2.0 -> 0.9.9 as asked',
      'note 0.9.9 is not in the history',
      'plan 0.2.0 -> 0.9.8 as asked',
      'note 0.9.8 is not in the history',
    ]);
    const dry = { service: 'orchestrator', dryRun: true } as ResolvedRun;
    expect(printed(run({ plan: noted('0.9.9'), request: dry }))).toEqual([
      'plan orchestrator 0.2.0 -> 0.9.9 as asked',
    ]);
  });

  it('shows each step, event and wait once, in their order', () => {
    const first = run({
      plan: plan('0.1.0'),
      ledger: [step(1)],
      events: [event(2, 'a')],
      waitingFor: DECISION,
    });
    const next = { ...first, events: [event(2, 'a'), event(3, 'b')], ledger: [step(1), step(4)] };
    expect(printed(first, first, next)).toEqual([
      'rollback orchestrator 0.2.0 -> 0.1.0 as asked',
      '✗ check access AccessDenied 0.0 s',
      '• decision a',
      expect.stringContaining('decision-1: waits'),
      '• decision b',
      '✗ check access AccessDenied 0.0 s',
    ]);
  });

  it('shows the second wait of a run too, and not an approval again for each that is given', () => {
    const approved = { ...APPROVAL, approvedBy: ['ada', 'grace'] };
    const reports = [DECISION, APPROVAL, approved].map((waitingFor) => run({ waitingFor }));
    const waits = printed(...reports).filter((line) => line.includes('waits for'));
    expect(waits.map((line) => line.split(':')[0])).toEqual(['decision-1', 'approval-1']);
  });

  it('shows the plan once more when it was made anew', () => {
    const lines = printed(
      run({ plan: plan('0.1.0') }),
      run({ plan: plan('0.1.0') }),
      run({ plan: plan('0.0.9') }),
    );
    expect(lines).toEqual(['rollback orchestrator 0.2.0 -> 0.1.0 as asked', 'plan 0.2.0 -> 0.0.9 as asked']);
  });
});
