import { describe, expect, it } from 'vitest';
import { type Exposition, parseExposition } from '../../../src/signals/scrape/exposition.ts';
import { meanOf, quantileAt, type ScrapedInstance } from '../../../src/signals/scrape/measure.ts';
import { instance } from '../../checks/surroundings.ts';

const NAME = 'orchestrator_task_duration_seconds';
const summary = (quantile: number | string, sum = 20, count = 10) =>
  `# TYPE ${NAME} summary\n${NAME}{quantile="0.5"} 0.5\n${NAME}{quantile="0.95"} ${quantile}\n${NAME}_sum ${sum}\n${NAME}_count ${count}\n`;
const histogram = (buckets: Readonly<Record<string, number>>, sum = 20) => {
  const lines = Object.entries(buckets).map(([le, count]) => `${NAME}_bucket{le="${le}"} ${count}\n`);
  return `# TYPE ${NAME} histogram\n${lines.join('')}${NAME}_sum ${sum}\n${NAME}_count ${buckets['+Inf'] ?? 0}\n`;
};

function scraped(...texts: readonly string[]): readonly ScrapedInstance[] {
  return texts.map((text, index) => {
    const exposition = parseExposition(text);
    if ('problem' in exposition) return expect.fail(exposition.problem);
    return { instance: instance(index), exposition: exposition satisfies Exposition };
  });
}

describe('the quantile of a scrape', () => {
  it.each<[string, readonly string[], object]>([
    ['of a summary', [summary(3.2)], { value: 3.2, isRecent: true }],
    [
      'of two summaries: the highest, never a mean',
      [summary(3.2), summary(4.1)],
      { value: 4.1, isRecent: true },
    ],
    [
      'of a summary that stands still beside one that does not',
      [summary(0), summary(1.5)],
      { value: 1.5, isRecent: true },
    ],
    ['of idle summaries', [summary(0), summary(0)], { why: 'nothing was counted in the last minute' }],
    [
      'of a summary that gives NaN when it is idle',
      [summary('NaN')],
      { why: 'nothing was counted in the last minute' },
    ],
    [
      'of a summary without this quantile',
      [`${NAME}{quantile="0.9"} 3\n${NAME}_sum 3\n${NAME}_count 1\n`],
      { why: 'nothing was counted in the last minute' },
    ],
    ['of a histogram', [histogram({ 1: 40, 5: 80, '+Inf': 80 })], { value: 4.6, samples: 80 }],
    [
      'of two histograms, over both',
      [histogram({ 1: 40, 5: 40, '+Inf': 40 }), histogram({ 1: 0, 5: 40, '+Inf': 40 })],
      { value: 4.6, samples: 80 },
    ],
    [
      'of a histogram, in its first bucket',
      [histogram({ 1: 100, 5: 100, '+Inf': 100 })],
      { value: 0.95, samples: 100 },
    ],
    [
      'of a histogram, beyond its last bound',
      [histogram({ 1: 10, 5: 20, '+Inf': 100 })],
      { value: 5, samples: 100 },
    ],
    ['of a histogram without bounds', [histogram({ '+Inf': 100 })], { why: 'its histogram has no bounds' }],
    [
      'of an empty histogram',
      [histogram({ 1: 0, 5: 0, '+Inf': 0 }, 0)],
      { why: 'nothing has been counted yet' },
    ],
    ['where nothing was counted', ['', ''], { why: 'nothing has been counted yet' }],
    [
      'of an instance that has counted, beside one that has not',
      ['', summary(2)],
      { value: 2, isRecent: true },
    ],
  ])('%s', (_, texts, expected) => {
    const found = quantileAt(NAME, 0.95)(scraped(...texts));
    expect(found).toEqual(
      'value' in expected ? { ...expected, value: expect.closeTo(Number(expected.value), 9) } : expected,
    );
  });
});

describe('the mean of a scrape', () => {
  it.each<[string, readonly string[], object]>([
    ['is of the sums, whatever the quantiles say', [summary(0, 20, 10)], { value: 2, samples: 10 }],
    [
      'is weighed by how many each instance has',
      [summary(0, 10, 10), histogram({ 1: 90, '+Inf': 90 }, 180)],
      { value: 1.9, samples: 100 },
    ],
    ['is none where nothing was counted', ['', summary(0, 0, 0)], { why: 'nothing has been counted yet' }],
  ])('%s', (_, texts, expected) => {
    expect(meanOf(NAME)(scraped(...texts))).toEqual(expected);
  });
});
