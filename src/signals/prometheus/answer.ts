import * as z from 'zod';

/** One value of a series, as Prometheus has it: NaN and infinities too. */
export interface Sample {
  /** Milliseconds since the epoch, by Prometheus' clock. */
  readonly at: number;
  readonly value: number;
}

/** One series. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  /** Oldest first; one of an instant query. Empty for a native histogram, which is no number. */
  readonly samples: readonly Sample[];
}

/** What Prometheus has answered. A scalar is one series without labels. */
export type ParsedAnswer =
  | {
      readonly kind: 'series';
      readonly series: readonly Series[];
      /** Warnings and infos in Prometheus' own words. */
      readonly warnings: readonly string[];
    }
  | { readonly kind: 'error'; readonly errorType: string; readonly error: string }
  /** It is no answer of the query API; why, for people. */
  | { readonly kind: 'garbage'; readonly why: string };

/** More series than a signal is ever made of, and more points than Prometheus gives one (11,000). */
const [MOST_SERIES, MOST_POINTS] = [1000, 11_000];

/** A number as Prometheus writes it: `NaN`, `+Inf`, `1e+06`. */
const NUMBER = /^(?:NaN|[+-]?Inf|[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)$/i;
const number = z
  .string()
  .max(400)
  .regex(NUMBER)
  .transform((text) => Number(text.replace(/inf/i, 'Infinity').replace(/nan/i, 'NaN')));

const sample = z
  .tuple([z.number(), number])
  .transform(([seconds, value]): Sample => ({ at: Math.round(seconds * 1000), value }));
const labels = z.record(z.string(), z.string());
// A native histogram stands in place of a value; a series may have both kinds, one after the other.
const native = { histogram: z.unknown().optional(), histograms: z.unknown().optional() };

const data = z.discriminatedUnion('resultType', [
  z.object({
    resultType: z.literal('vector'),
    result: z.array(z.object({ metric: labels, value: sample.optional(), ...native })),
  }),
  z.object({
    resultType: z.literal('matrix'),
    result: z.array(z.object({ metric: labels, values: z.array(sample).default([]), ...native })),
  }),
  z.object({ resultType: z.literal('scalar'), result: sample }),
  z.object({ resultType: z.literal('string'), result: z.tuple([z.number(), z.string()]) }),
]);

const words = z.array(z.string()).nullish();
const answer = z.discriminatedUnion('status', [
  z.object({ status: z.literal('success'), data, warnings: words, infos: words }),
  z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() }),
]);

/**
 * Reads an answer of `/api/v1/query` and `/api/v1/query_range` (Prometheus, HTTP API).
 * Fields that are not known are ignored: what speaks this API adds its own.
 */
export function parseAnswer(body: string): ParsedAnswer {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return { kind: 'garbage', why: 'an answer that is not JSON' };
  }
  const parsed = answer.safeParse(json);
  if (!parsed.success) return { kind: 'garbage', why: 'an answer that is not one of the query API' };
  if (parsed.data.status === 'error') {
    const { errorType, error } = parsed.data;
    return { kind: 'error', errorType, error };
  }
  const series = seriesOf(parsed.data.data);
  if (typeof series === 'string') return { kind: 'error', errorType: 'result', error: series };
  return {
    kind: 'series',
    series,
    warnings: [...(parsed.data.warnings ?? []), ...(parsed.data.infos ?? [])],
  };
}

function seriesOf(of: z.output<typeof data>): readonly Series[] | string {
  switch (of.resultType) {
    case 'string':
      return 'the query gives a text, not a number';
    case 'scalar':
      return [{ labels: {}, samples: [of.result] }];
    case 'vector':
      return limited(
        of.result.map(({ metric, value }) => ({ labels: metric, samples: value ? [value] : [] })),
      );
    case 'matrix':
      return limited(of.result.map(({ metric, values }) => ({ labels: metric, samples: values })));
  }
}

function limited(series: readonly Series[]): readonly Series[] | string {
  if (series.length > MOST_SERIES) return `${series.length} series, more than ${MOST_SERIES}: aggregate them`;
  if (series.some(({ samples }) => samples.length > MOST_POINTS))
    return `more than ${MOST_POINTS} points in a series: ask with a longer step`;
  return series;
}
