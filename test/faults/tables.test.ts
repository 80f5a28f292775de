import { describe, expect, it } from 'vitest';
import type { Row } from './rows.ts';
import { addedUp, isPerfect, parseRows, renewed, rowsOf, withTables } from './tables.ts';

const row = (change: Partial<Row> = {}): Row => ({
  family: 'worker killed',
  fault: 'kill -9',
  target: 'Compose',
  ends: 'rolled back',
  runs: 1,
  right: 1,
  ...change,
});
const DOCUMENT = '# Reliability\n\nBy hand.\n\n<!-- tables:begin -->\nold\n<!-- tables:end -->\n\nThe end.\n';

it('rows are read from lines of JSON', () => {
  const rows = [row(), row({ runs: 2 })];
  expect(parseRows(`${rows.map((one) => JSON.stringify(one)).join('\n')}\n`)).toEqual(rows);
});

it('rows that say the same are added up, others stay apart', () => {
  const rows = addedUp([
    row(),
    row({ runs: 3, right: 2 }),
    row({ target: 'Kubernetes' }),
    row({ ends: 'failed' }),
  ]);
  expect(rows.map(({ target, ends, runs, right }) => [target, ends, runs, right])).toEqual([
    ['Compose', 'rolled back', 4, 3],
    ['Compose', 'failed', 1, 1],
    ['Kubernetes', 'rolled back', 1, 1],
  ]);
});

describe('only runs that were all right are perfect', () => {
  it.each([
    ['one row', [row()], true],
    ['no row', [], false],
    ['a row without runs', [row({ runs: 0, right: 0 })], false],
    ['one run of many that went wrong', [row(), row({ runs: 999, right: 998 })], false],
  ])('%s', (_what, rows, perfect) => expect(isPerfect(rows)).toBe(perfect));
});

describe('the document', () => {
  const written = withTables(DOCUMENT, [row({ fault: 'a | b', runs: 2000, right: 1999 })], '2026-01-02');

  it('keeps what people wrote and nothing of the tables before', () => {
    expect(written).toMatch(/^# Reliability\n\nBy hand\.\n\n/);
    expect(written).toMatch(/\n\nThe end\.\n$/);
    expect(written).not.toContain('old');
  });

  it('has a line for each row, and never rounds up to 100 %', () => {
    expect(written).toContain(
      '| worker killed | a \\| b | Compose | rolled back | 2000 | 1999 | 99.9 | 2026-01-02 |',
    );
    expect(written).toContain('\n2000 runs, 1999 right.\n');
  });

  it('is the same when it is written again', () => {
    expect(withTables(written, [row({ fault: 'a | b', runs: 2000, right: 1999 })], '2026-01-02')).toBe(
      written,
    );
  });

  it('gives its rows back, those with bars in them too', () => {
    const rows = [row({ fault: 'a | b', runs: 2000, right: 1999 }), row({ target: 'Kubernetes' })];
    expect(rowsOf(withTables(DOCUMENT, rows, '2026-01-02'))).toEqual(
      rows.map((one) => ({ ...one, day: '2026-01-02' })),
    );
  });

  it('keeps the rows that were not run again, with their day', () => {
    const before = rowsOf(withTables(DOCUMENT, [row({ right: 0 }), row({ fault: 'other' })], '2026-01-02'));
    const after = withTables(DOCUMENT, renewed(before, [row({ runs: 3, right: 3 })]), '2026-01-03');
    expect(rowsOf(after).map(({ fault, runs, right, day }) => [fault, runs, right, day])).toEqual([
      ['kill -9', 3, 3, '2026-01-03'],
      ['other', 1, 1, '2026-01-02'],
    ]);
  });

  it('is not written without its marks', () => {
    expect(() => withTables('# Reliability\n', [row()], '2026-01-02')).toThrow(/tables:begin/);
  });
});
