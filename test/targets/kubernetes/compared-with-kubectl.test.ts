import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isOther, PAGE, withComparison } from '../../../docs/write-compared-with-kubectl.ts';
import { locateTool } from '../../../tools/index.ts';
import { borrowSandbox } from '../../worlds/borrowed.ts';
import { HISTORIES } from './compared/histories.ts';
import { isSame, measure, type Row } from './compared/measure.ts';
import { endsAlike, measureWaits, WAITS, type WaitRow } from './compared/waits.ts';

let rows: readonly Row[] = [];
let waits: readonly WaitRow[] = [];
let close: (() => Promise<void>) | undefined;

beforeAll(async () => {
  const [sandbox, kubectl] = await Promise.all([borrowSandbox({ kubernetes: true }), locateTool('kubectl')]);
  close = sandbox.close;
  const { cluster, folder } = sandbox;
  const place = { cluster, kubectl: kubectl.path, folder };
  [rows, waits] = await Promise.all([
    measure(HISTORIES, place, 'compared'),
    measureWaits(WAITS, place, 'instant-compared-waits'),
  ]);
});
afterAll(() => close?.());

test('what kubectl and the runbook go back to is what docs/compared-with-kubectl.md says (node docs/write-compared-with-kubectl.ts)', () => {
  expect(rows.length).toBeGreaterThanOrEqual(40);
  const page = readFileSync(PAGE, 'utf8');
  expect(withComparison(page, rows, waits)).toBe(page);
});

test('every difference has a sentence that says why, and nothing else has one', () => {
  const wrong = rows.filter((row) => isOther(row) !== (row.why !== undefined));
  expect(wrong.map(({ done }) => done)).toEqual([]);
  const others = [...rows.filter(isOther), ...waits.filter((row) => !endsAlike(row))];
  for (const { why } of others) expect(why).toMatch(/^[^|]{40,}\.$/);
  expect(waits.filter((row) => endsAlike(row) !== (row.why === undefined))).toEqual([]);
});

test('previous is what kubectl goes to, but for restarts, stamps and what the profile does not fit', () => {
  const others = rows.filter(({ kubectl, previous }) => !isSame(kubectl, previous));
  // None of them is another one by default alone: what is said of that holds for this.
  expect(others.filter((row) => !isOther(row))).toEqual([]);
  expect(others.length).toBeLessThan(rows.length / 5);
});
