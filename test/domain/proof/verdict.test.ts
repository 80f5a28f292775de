import { describe, expect, it } from 'vitest';
import { type Verdict, worstVerdict } from '../../../src/domain/proof/verdict.ts';

describe('several verdicts together', () => {
  it.each<[Verdict[], Verdict]>([
    [['passed', 'passed'], 'passed'],
    [['passed', 'failed', 'inconclusive'], 'failed'],
    [['passed', 'inconclusive'], 'inconclusive'],
    [[], 'inconclusive'],
  ])('%j is %s', (verdicts, expected) => {
    expect(worstVerdict(verdicts)).toBe(expected);
  });
});
