import { describe, expect, it } from 'vitest';
import { announce } from '../../../src/domain/ledger/announce.ts';
import { excusedChecks, excusedInWords } from '../../../src/domain/ledger/excused.ts';
import type { LedgerEntry, RunOutcome, RunReport } from '../../../src/domain/ledger/ledger.ts';
import type { CheckId, CheckResult } from '../../../src/domain/proof/checks.ts';
import type { Verdict } from '../../../src/domain/proof/verdict.ts';
import type { ResolvedRun } from '../../../src/domain/request/request.ts';

const request = {
  service: 'orchestrator',
  environment: 'production',
  required: ['health', 'chat'],
  accept: [],
  symptoms: [],
} as unknown as ResolvedRun;
const found = (check: CheckId, verdict: Verdict, change: Partial<CheckResult> = {}) =>
  ({ step: `verify-${check}`, check: { check, verdict, summary: '', ...change } }) as LedgerEntry;
const report = (outcome: RunOutcome, ledger: LedgerEntry[], change: Partial<ResolvedRun> = {}) =>
  ({
    workflow: 'rollback',
    outcome,
    ledger,
    request: { ...request, ...change },
    startedAt: '',
  }) as unknown as RunReport;
const health = found('health', 'passed');
const chat = found('chat', 'failed');

describe('what was excused in a run that ended well', () => {
  it.each<[string, RunReport, string]>([
    ['nothing, when all passed', report('rolled-back', [health, found('chat', 'passed')]), ''],
    [
      'a failure that the known-good version had too',
      report('rolled-back', [health, found('chat', 'failed', { failedBefore: true })]),
      'chat failed as on the known-good version',
    ],
    [
      'S3 one that nothing but our own failed messages has moved',
      report('known-good', [health, chat, found('metrics', 'inconclusive', { onlyOurs: true })], {
        accept: ['chat'],
        required: ['health', 'chat', 'metrics'],
      }),
      'chat failed, which was accepted, metrics not proved: nothing but our own failed messages has moved it',
    ],
    [
      'one that somebody has accepted',
      report('known-good', [health, chat], { accept: ['chat'] }),
      'chat failed, which was accepted',
    ],
    [
      'one that somebody has left out',
      report('already-there', [health, chat]),
      'chat was left out by a decision',
    ],
    ['one that did not run', report('rolled-back', [health]), 'chat was left out by a decision'],
    ['none that is not required', report('rolled-back', [health, chat], { required: ['health'] }), ''],
    ['nothing of a run that did not end well', report('not-proved', [health, chat]), ''],
  ])('is %s', (_what, of, expected) => {
    expect(excusedInWords(excusedChecks(of))).toBe(expected);
  });

  it.each<[RunOutcome, RegExp]>([
    ['rolled-back', /was rolled back; NOT every required check passed: chat was left out by a decision$/],
    ['already-there', /already at its known-good version; NOT every required check passed: chat/],
    ['known-good', /known-good, though NOT every required check passed: chat/],
  ])('stands in the headline of %s, which says nothing of proved well', (outcome, expected) => {
    const of = report(outcome, [health]);
    expect(announce(of, of.request as ResolvedRun).headline).toMatch(expected);
    expect(announce(of, of.request as ResolvedRun).headline).not.toContain('proved well');
  });
});
