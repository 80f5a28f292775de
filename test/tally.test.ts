import { expect, test } from 'vitest';
import { lastLine, one, sum, tallyOf, type VitestReport } from './tally.ts';

function reportOf(statuses: readonly (readonly string[])[], fileStatus?: string): VitestReport {
  const all = statuses.flat();
  const count = (status: string) => all.filter((one) => one === status).length;
  return {
    numPassedTests: count('passed'),
    numFailedTests: count('failed'),
    numPendingTests: count('pending'),
    numTodoTests: count('todo'),
    testResults: statuses.map((file) => ({
      status: fileStatus ?? (file.includes('failed') ? 'failed' : 'passed'),
      assertionResults: file.map((status) => ({ status })),
    })),
  };
}

test.each<[string, VitestReport | undefined, number, string]>([
  ['all good', reportOf([['passed', 'passed'], ['passed']]), 0, '3 passed, 0 failed'],
  ['some failed', reportOf([['passed', 'failed'], ['failed']]), 1, '1 passed, 2 failed'],
  ['some skipped', reportOf([['passed', 'pending', 'todo']]), 0, '1 passed, 0 failed, 2 skipped'],
  ['a file that cannot be loaded', reportOf([[]], 'failed'), 1, '0 passed, 1 failed'],
  ['a failed hook after good tests', reportOf([['passed']], 'failed'), 1, '1 passed, 1 failed'],
  ['an error outside of any test', reportOf([['passed']]), 1, '1 passed, 1 failed'],
  ['no report', undefined, 0, '0 passed, 1 failed'],
  ['nothing to run', reportOf([]), 0, '0 passed, 0 failed'],
])('counts %s', (_, report, exitCode, line) => {
  expect(lastLine(tallyOf(report, exitCode))).toBe(line);
});

test('adds up', () => {
  expect(lastLine(sum([one(true), one(false), { passed: 3, failed: 1, skipped: 1 }]))).toBe(
    '4 passed, 2 failed, 1 skipped',
  );
});
