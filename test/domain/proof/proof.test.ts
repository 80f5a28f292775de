import { describe, expect, it } from 'vitest';
import type { CheckId, CheckResult } from '../../../src/domain/proof/checks.ts';
import { comparedWithBaseline, proofOf } from '../../../src/domain/proof/proof.ts';
import type { Verdict } from '../../../src/domain/proof/verdict.ts';

const result = (check: CheckId, verdict: Verdict, change: Partial<CheckResult> = {}): CheckResult => ({
  check,
  verdict,
  summary: `${check} ${verdict}`,
  samples: 1,
  needed: 1,
  inARow: verdict === 'passed' ? 1 : 0,
  values: {},
  evidence: [],
  ...change,
});

describe('a check against the evidence of the target version', () => {
  it.each<[Verdict, Verdict | undefined, boolean]>([
    ['failed', 'failed', true],
    ['failed', 'passed', false],
    ['failed', 'inconclusive', false],
    ['failed', undefined, false],
    ['passed', 'failed', false],
    ['inconclusive', 'failed', false],
  ])('%s now, %s then: failed before is %s', (now, then, expected) => {
    const baseline = then ? { verdict: then, summary: '', values: {} } : undefined;
    expect(comparedWithBaseline(result('chat', now), baseline).failedBefore ?? false).toBe(expected);
  });
});

describe('what all checks prove together', () => {
  const required: CheckId[] = ['health', 'chat'];

  it.each<[string, readonly CheckResult[], readonly CheckId[], string]>([
    [
      'nothing behind it was tried',
      [],
      [],
      'health reached nobody in 3 probes: connection refused at a:80/health; not tried: chat, agents',
    ],
    [
      'another one was repeated all the same',
      [result('chat', 'inconclusive')],
      [],
      'health reached nobody in 3 probes: connection refused at a:80/health; not tried: agents; chat could not be decided',
    ],
    ['it was left out', [], ['health'], 'chat, agents could not be decided; health left out by decision'],
  ])('S2 says where health knocked when it reached nobody, and %s', (_what, more, waived, summary) => {
    const words = 'reached nobody in 3 probes: connection refused at a:80/health';
    const health = result('health', 'inconclusive', { reachedNobody: true, summary: words });
    const proof = proofOf([health, ...more], [...required, 'agents'], [], waived);
    expect(proof).toMatchObject({ verdict: 'inconclusive', summary });
  });

  it('passes when every required check passed', () => {
    expect(proofOf([result('health', 'passed'), result('chat', 'passed')], required).verdict).toBe('passed');
  });
  it('fails when one required check failed', () => {
    const proof = proofOf([result('health', 'passed'), result('chat', 'failed')], required);
    expect(proof).toMatchObject({ verdict: 'failed', summary: 'chat failed', open: ['chat'] });
  });
  it('stays open when a required check never ran', () => {
    expect(proofOf([result('health', 'passed')], required)).toMatchObject({
      verdict: 'inconclusive',
      summary: 'chat could not be decided',
      open: ['chat'],
    });
  });
  it('does not count a check that is not required', () => {
    const results = [result('health', 'passed'), result('chat', 'passed'), result('metrics', 'failed')];
    expect(proofOf(results, required).verdict).toBe('passed');
  });
  it('does not count a failure that the known-good version had too, and says so', () => {
    const results = [result('health', 'passed'), result('chat', 'failed', { failedBefore: true })];
    const proof = proofOf(results, required);
    expect(proof.verdict).toBe('passed');
    expect(proof.summary).toBe('health passed; chat failed as on the known-good version');
  });
  it('does not count a check that somebody left out, and says so', () => {
    const results = [result('health', 'passed'), result('chat', 'failed')];
    expect(proofOf(results, required, [], ['chat'])).toMatchObject({
      verdict: 'passed',
      summary: 'health passed; chat left out by decision',
      open: [],
    });
  });
  it('proves nothing when everything was left out', () => {
    expect(proofOf([], required, [], required)).toMatchObject({ verdict: 'inconclusive', open: [] });
  });
  it('does not count an accepted failure', () => {
    const results = [result('health', 'passed'), result('chat', 'failed')];
    expect(proofOf(results, required, ['chat']).verdict).toBe('passed');
  });
  it('accepts failures only, not open questions', () => {
    const results = [result('health', 'passed'), result('chat', 'inconclusive')];
    expect(proofOf(results, required, ['chat']).verdict).toBe('inconclusive');
  });
  it('proves nothing when nothing is left to count', () => {
    expect(proofOf([result('chat', 'failed', { failedBefore: true })], ['chat']).verdict).toBe(
      'inconclusive',
    );
  });
});

describe('S3 a check that nothing but our own failed messages has moved', () => {
  const ours = { started: 5, failed: 5, answered: 0 };
  const health = result('health', 'passed');
  const chat = result('chat', 'failed', { ownPlans: ours });
  const metrics = result('metrics', 'inconclusive', { onlyOurs: true });
  const required: CheckId[] = ['health', 'chat', 'metrics'];

  it('stays open while the failure of the messages counts', () => {
    expect(proofOf([health, chat, metrics], required)).toMatchObject({
      verdict: 'failed',
      open: ['chat', 'metrics'],
      resting: [],
    });
  });

  it.each<[string, CheckResult, CheckId[], CheckId[], CheckId[]]>([
    ['is accepted', chat, required, ['chat'], []],
    ['was there on the known-good version', { ...chat, failedBefore: true }, required, [], []],
    ['is left out by a person', chat, required, [], ['chat']],
    ['is not required', chat, ['health', 'metrics'], [], []],
  ])('does not count, and is named, where their failure %s', (_how, found, wanted, accepted, waived) => {
    const proof = proofOf([health, found, metrics], wanted, accepted, waived);
    expect(proof).toMatchObject({ verdict: 'passed', open: [], resting: ['metrics'] });
    expect(proof.summary).toContain('metrics not proved: nothing but our own failed messages has moved it');
  });

  it('counts where it is open for another reason', () => {
    const other = result('metrics', 'inconclusive');
    expect(proofOf([health, chat, other], required, ['chat']).verdict).toBe('inconclusive');
  });
});
