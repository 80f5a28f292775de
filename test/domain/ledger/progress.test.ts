import { describe, expect, it } from 'vitest';
import type { LedgerEntry, RunReport } from '../../../src/domain/ledger/ledger.ts';
import { DETAILS_LIMIT, detailsOf } from '../../../src/domain/ledger/progress.ts';
import type { RunEvent } from '../../../src/domain/people/events.ts';
import type { ResolvedRun } from '../../../src/domain/request/request.ts';
import { APPROVAL, DECISION, PAUSE } from '../waits.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
const step = (second: number, change: Partial<LedgerEntry> = {}): LedgerEntry => ({
  step: 'plan',
  outcome: 'completed',
  summary: '0.2.0 -> 0.1.0',
  attempts: 1,
  startedAt: at(second),
  finishedAt: at(second),
  ...change,
});
const note = (second: number, change: Partial<RunEvent> = {}): RunEvent => ({
  kind: 'note',
  at: at(second),
  by: 'ada',
  summary: 'the registry is back',
  ...change,
});
const run = (change: Partial<RunReport> = {}): RunReport => ({
  workflow: 'rollback',
  workflowId: 'rollback/orchestrator',
  runId: 'r',
  outcome: 'running',
  summary: '',
  startedAt: at(0),
  ledger: [],
  request: { service: 'orchestrator', environment: 'production' } as ResolvedRun,
  ...change,
});
const rowsOf = (details: string) => details.split('\n').filter((line) => /^\| [^|-]+ \|/.test(line));

describe('the details that the Temporal UI shows', () => {
  it('have steps, events and what runs now, in their order', () => {
    const details = detailsOf(
      run({ ledger: [step(1), step(3, { outcome: 'failed', summary: 'no' })], events: [note(2)] }),
      ['roll-back'],
    );
    expect(rowsOf(details)).toEqual([
      '| ✓ | plan | 0.2.0 -> 0.1.0 |',
      '| • | note | ada: the registry is back |',
      '| ✗ | plan | no |',
      '| … | roll back | running |',
    ]);
    expect(details).toMatch(/^\*\*orchestrator\*\* \(production\): running\n/);
  });

  it('begin with what is waited for, and with what to send', () => {
    const details = detailsOf(run({ waitingFor: DECISION }), []);
    expect(details.split('\n').slice(0, 3)).toEqual([
      '**Waits for a decision on wait for rollout until 2026-01-01T00:15:00.000Z, else abort**',
      '',
      'RolloutFailed: pod x: ImagePullBackOff',
    ]);
    expect(details).toContain('\n`decide` retry: try again\n');
    expect(details).toContain('\n```json\n{"answer":"abort","decidedBy":"","reason":""}\n```\n');
    expect(details).not.toContain('"skip"');
  });

  it.each([
    [APPROVAL, 'Waits for approval until 2026-01-01T00:30:00.000Z: 1 of 2 so far', '"approvedBy":""'],
    [PAUSE, 'Paused until 2026-01-01T01:00:00.000Z', '{"by":"","reason":""}'],
  ])('say of %j what answers it', (waitingFor, heading, input) => {
    const details = detailsOf(run({ waitingFor }), []);
    expect(details.startsWith(`**${heading}**\n`)).toBe(true);
    expect(details).toContain(input);
  });

  it('stay within what Temporal keeps, and keep the newest rows', () => {
    const events = Array.from({ length: 400 }, (_, index) =>
      note(index, { summary: `${index} ${'ä'.repeat(300)}` }),
    );
    const details = detailsOf(run({ events, waitingFor: DECISION }), ['roll-back']);
    const bytes = Buffer.byteLength(details);
    expect(bytes).toBeLessThanOrEqual(DETAILS_LIMIT);
    expect(bytes).toBeGreaterThan(DETAILS_LIMIT - 600);
    const rows = rowsOf(details);
    expect(rows.at(-2)).toMatch(/ada: 399 /);
    const shown = rows.length - 1;
    expect(details).toContain(`| | | ${400 - shown} earlier lines stand in the report |`);
  });

  it('keep a text from outside in its cell', () => {
    const details = detailsOf(run({ events: [note(1, { summary: 'a | b\n| c |' })] }), []);
    expect(rowsOf(details)).toEqual(['| • | note | ada: a \\| b \\| c \\| |']);
  });
});
