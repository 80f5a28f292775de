import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAnswer } from '../../../src/signals/prometheus/answer.ts';

const answered = (data: unknown, more: object = {}) => JSON.stringify({ status: 'success', data, ...more });
const vector = (...values: unknown[]) =>
  answered({ resultType: 'vector', result: values.map((value) => ({ metric: {}, value })) });

/** The values of an answer, or what it is instead. */
function valuesOf(body: string) {
  const parsed = parseAnswer(body);
  return parsed.kind === 'series'
    ? parsed.series.flatMap(({ samples }) => samples.map(({ value }) => value))
    : parsed.kind;
}

describe('a number of Prometheus', () => {
  it.each([
    ['0', 0],
    ['-0', -0],
    ['1e3', 1000],
    ['1e+06', 1e6],
    ['2.5E-7', 2.5e-7],
    ['.5', 0.5],
    ['NaN', Number.NaN],
    ['+Inf', Number.POSITIVE_INFINITY],
    ['-Inf', Number.NEGATIVE_INFINITY],
    ['Inf', Number.POSITIVE_INFINITY],
    ['1.7976931348623157e+308', Number.MAX_VALUE],
  ])('%s', (text, value) => expect(valuesOf(vector([1, text]))).toEqual([value]));

  it.each(['', ' ', '1,5', '0x10', '1e', 'Infinity of it', 'null', '1 2', '--1', 'NaN1', '1_000'])(
    'is not %j',
    (text) => expect(valuesOf(vector([1, text]))).toBe('garbage'),
  );

  it.each([[[1, 2]], [['1', '2']], [[1]], [[1, '2', '3']], [null], ['1'], [[Number.NaN, '1']]])(
    'is not in %j',
    (sample) => expect(valuesOf(vector(sample))).toBe('garbage'),
  );
});

describe('an answer', () => {
  it('has its time in milliseconds, and fields that nobody knows are passed over', () => {
    const result = [
      {
        metric: { a: 'b' },
        values: [
          [1435781430.781, '1'],
          [1435781445, '2'],
        ],
        exemplars: [],
      },
    ];
    const body = answered(
      { resultType: 'matrix', result, stats: {} },
      { warnings: ['w'], infos: ['i'], trace: 1 },
    );
    expect(parseAnswer(body)).toEqual({
      kind: 'series',
      series: [
        {
          labels: { a: 'b' },
          samples: [
            { at: 1435781430781, value: 1 },
            { at: 1435781445000, value: 2 },
          ],
        },
      ],
      warnings: ['w', 'i'],
    });
  });

  it('may be a scalar, empty, and without warnings in two ways', () => {
    const scalar = answered({ resultType: 'scalar', result: [1, '7'] }, { warnings: null });
    expect(parseAnswer(scalar)).toEqual({
      kind: 'series',
      series: [{ labels: {}, samples: [{ at: 1000, value: 7 }] }],
      warnings: [],
    });
    expect(valuesOf(vector())).toEqual([]);
  });

  it('with a native histogram has a series without a number', () => {
    const histogram = { count: '10', sum: '3.1', buckets: [[1, '0.5', '1', '10']] };
    const instant = [{ metric: {}, histogram: [1, histogram] }];
    const range = [{ metric: {}, histograms: [[1, histogram]] }];
    for (const data of [
      { resultType: 'vector', result: instant },
      { resultType: 'matrix', result: range },
    ]) {
      expect(parseAnswer(answered(data))).toMatchObject({ series: [{ samples: [] }] });
    }
  });

  it('with a text, too many series or too many points cannot be used, and says why', () => {
    const series = (count: number, points: number) =>
      answered({
        resultType: 'matrix',
        result: Array(count).fill({ metric: {}, values: Array(points).fill([1, '1']) }),
      });
    const why = (body: string) => {
      const parsed = parseAnswer(body);
      return parsed.kind === 'error' ? parsed.error : parsed.kind;
    };
    expect(why(answered({ resultType: 'string', result: [1, 'hello'] }))).toMatch(/a text, not a number/);
    expect(why(series(1001, 1))).toMatch(/^1001 series, more than 1000/);
    expect(why(series(1000, 1))).toBe('series');
    expect(why(series(1, 11_001))).toMatch(/^more than 11000 points/);
    expect(why(series(1, 11_000))).toBe('series');
  });

  it('of any text or JSON is read without an error, and never to a number that is not in it', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (body) => {
        expect(parseAnswer(body).kind).not.toBe('series');
      }),
    );
    fc.assert(
      fc.property(fc.double(), (value) => {
        const text = Object.is(value, -0) ? '-0' : String(value).replace('Infinity', 'Inf');
        expect(valuesOf(vector([1, text]))).toEqual([value]);
      }),
    );
  });
});
