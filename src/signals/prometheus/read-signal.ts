import type { SignalDefinition, SignalPoint, SignalReading } from '../../domain/need/signals.ts';
import type { Sample, Series } from './answer.ts';
import type { PrometheusClient, QueryResult, RangeTimes } from './client.ts';
import type { PrometheusQueries } from './queries.ts';
import { rangeTimes } from './range-times.ts';

/** When a signal is asked for. */
export interface Moment {
  /** Now by Prometheus' clock, in ms since the epoch. */
  readonly now: number;
  /** How far back the past goes, in ms. */
  readonly spanMs: number;
  readonly signal: AbortSignal;
}

type NoData = Extract<SignalReading, { kind: 'no-data' }>;

/** Notes of one signal. */
const MOST_NOTES = 8;

/**
 * Reads one signal: its value now, the events behind it, when it was last scraped, and the past of the first two. What
 * cannot be told is no number: see docs/decisions/0029-what-prometheus-says.md.
 */
export async function readSignal(
  client: PrometheusClient,
  definition: SignalDefinition,
  queries: PrometheusQueries,
  { now, spanMs, signal }: Moment,
): Promise<SignalReading> {
  const { windowMs } = definition;
  const times = rangeTimes(now, spanMs, windowMs);
  const [value, seen, events, past] = await Promise.all([
    client.instant(queries.value, signal, now),
    queries.seen === undefined ? undefined : client.instant(queries.seen, signal, now),
    queries.samples === undefined ? undefined : client.range(queries.samples, times, signal),
    times.from < now ? client.range(queries.value, times, signal) : undefined,
  ]);

  const one = onlySeries(value);
  if (!('labels' in one)) return one;
  const [sample] = one.samples;
  const wrong = whatIsWrong(sample, now, windowMs) ?? (seen && whyNotSeen(seen, now, windowMs));
  if (wrong !== undefined || !sample) return noData(wrong ?? 'no value');

  const counted = events && eventsOf(events, times);
  if (counted && 'kind' in counted) return counted;

  const before = past && pastOf(past);
  if (before && 'kind' in before) return before;

  const said = [value, seen, events, past].flatMap((result) =>
    result?.kind === 'answered' ? result.notes : [],
  );
  const notes = [...new Set([...(before?.notes ?? []), ...said])].slice(0, MOST_NOTES);
  const behind = (samples: number | undefined) => (samples === undefined ? {} : { samples });
  return {
    kind: 'measured',
    source: 'prometheus',
    now: { at: sample.at, value: sample.value, ...behind(counted?.now) },
    past: (before?.samples ?? [])
      .filter(({ at }) => at > times.from - times.stepMs && at < now)
      // As now: where the events are asked for and not known, the value says nothing.
      .filter(({ at }) => !counted || counted.at.has(at))
      .map(({ at, value }): SignalPoint => ({ at, value, ...behind(counted?.at.get(at)) })),
    ...(notes.length > 0 ? { notes } : {}),
  };
}

/** A reading without a number. */
export function noData(why: string): NoData {
  return { kind: 'no-data', source: 'prometheus', why };
}

/** The one series of an answer. An empty vector is never 0, and of several none is the signal. */
function onlySeries(result: QueryResult): Series | NoData {
  if (result.kind === 'failed') return noData(`Prometheus: ${result.why}`);
  const { series } = result;
  const [one] = series;
  if (!one) return noData('no series: is the job scraped, and is the name right?');
  if (series.length > 1)
    return noData(`${series.length} series for one signal: the query has to aggregate them (sum, max, avg)`);
  return one;
}

function whatIsWrong(sample: Sample | undefined, now: number, windowMs: number): string | undefined {
  if (!sample)
    return 'a native histogram, which is no number: take one of it (histogram_quantile, histogram_count)';
  if (Number.isNaN(sample.value))
    return 'not a number (NaN): nothing has happened in the window, or a part of the query has no value';
  if (!Number.isFinite(sample.value)) return 'infinite: the query divides by 0';
  if (Math.abs(sample.at - now) > windowMs) return `a value of another time, ${agoOf(now - sample.at)}`;
  return undefined;
}

/** A rate goes on for its whole window after the last scrape: the query for it says when that was. */
function whyNotSeen(result: QueryResult, now: number, windowMs: number): string | undefined {
  if (result.kind === 'failed') return `when it was last scraped cannot be told: ${result.why}`;
  const newest = Math.max(
    ...result.series.flatMap(({ samples }) => samples.map(({ value }) => value * 1000)),
  );
  if (!Number.isFinite(newest)) return 'it is not scraped any more: no series has a sample now';
  return now - newest > windowMs
    ? `it is not scraped any more: the last sample is of ${agoOf(now - newest)}, longer than its window`
    : undefined;
}

interface Events {
  readonly now: number;
  /** By the time of a point. */
  readonly at: ReadonlyMap<number, number>;
}

/**
 * Events behind the value. Without those of now a value says nothing. What stands in front of a server may put the times
 * of a range on multiples of its step: the last point is of now when it is nearer than a step.
 */
function eventsOf(result: QueryResult, { to, stepMs }: RangeTimes): Events | NoData {
  const one = onlySeries(result);
  if (!('labels' in one)) return noData(`the events behind it: ${one.why}`);
  const last = one.samples.at(-1);
  if (!last || !Number.isFinite(last.value) || Math.abs(last.at - to) > stepMs)
    return noData('how many events stand behind it now cannot be told');
  const finite = one.samples.filter(({ value }) => Number.isFinite(value));
  return { now: toCount(last.value), at: new Map(finite.map(({ at, value }) => [at, toCount(value)])) };
}

/** `increase` extrapolates: three events are 2.98 or 3.1. */
function toCount(events: number): number {
  return Math.max(0, Math.round(events));
}

/** The past, with gaps where there is no finite value. One that cannot be had leaves what is known of now. */
function pastOf(
  result: QueryResult,
): { readonly samples: readonly Sample[]; readonly notes: readonly string[] } | NoData {
  if (result.kind === 'failed') return { samples: [], notes: [`no past: ${result.why}`] };
  const { series } = result;
  if (series.length > 1)
    return noData(
      `${series.length} series for one signal in the time before: the query has to aggregate them (sum, max, avg)`,
    );
  const samples = (series[0]?.samples ?? []).filter(({ value }) => Number.isFinite(value));
  return { samples: [...samples].sort((a, b) => a.at - b.at), notes: [] };
}

function agoOf(ms: number): string {
  const seconds = Math.round(Math.abs(ms) / 1000);
  return ms < 0 ? `${seconds} s ahead` : `${seconds} s ago`;
}
