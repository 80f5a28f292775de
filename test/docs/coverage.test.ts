import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { CHECKS } from '../../src/domain/proof/checks.ts';
import { STEP_IDS } from '../../src/domain/steps/steps.ts';

const ROOT = join(import.meta.dirname, '../..');
const rows = readFileSync(join(ROOT, 'docs/runbook-coverage.md'), 'utf8')
  .split('\n')
  .filter((line) => /^\| \d/.test(line))
  .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')));

it('docs/runbook-coverage.md has a row for each line of runbook 1 to 5, and of what each check proves', () => {
  const sections = new Set(rows.map(([line = '']) => line.split(' ')[0]));
  const proved = Object.values(CHECKS).map(({ runbook }) => runbook);
  const expected = ['1', '2', '3.1.1', '3.1.2', '3.2', '4.1', '4.2', '4.3', '5', ...proved];
  expect([...sections]).toEqual(expected);
  expect(rows.every((row) => row.length === 4)).toBe(true);
});

it.each(rows)('%s: its steps and tests exist', (_line, steps = '', tests = '') => {
  for (const [, step] of steps.matchAll(/`([\w-]+)`/g)) expect(STEP_IDS).toContain(step);
  const named = [...tests.matchAll(/`(test\/[\w/.-]+)`|"([^"]+)"/g)];
  expect(named.length).toBeGreaterThan(0);
  let text = '';
  for (const [, file, title] of named) {
    if (file) text = readFileSync(join(ROOT, file), 'utf8');
    else expect(text).toMatch(new RegExp(`(it|test)\\('${title}'`));
  }
});
