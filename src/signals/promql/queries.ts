import type { PrometheusQueries } from '../prometheus/index.ts';
import { matchersOf, type Selector } from './selector.ts';

/** Over which series and which time an expression is. */
export interface Over {
  readonly selector: Selector;
  readonly windowMs: number;
}

/**
 * What a counter has grown by in the window, over all instances; nothing where it has never been seen.
 *
 * `increase` begins at a series' first sample, so it misses what that one held already: all of it where there is little
 * traffic, and a failure is the first of its process (service contract, 6.3: a metric appears with its first increment). So a
 * series that began in the window while its instance had been scraped well without it before counts from 0. Where
 * Prometheus itself saw the instance for the first time, or its labels changed, nothing says that the counter is
 * young, and `increase` stands.
 */
export function grown(
  metric: string,
  over: Over,
  by = '',
  more: Readonly<Record<string, string>> = {},
): string {
  const series = `${metric}{${matchersOf(over.selector, more)}}`;
  const window = promDuration(over.windowMs);
  const scrapes = `max by (job, instance) (sum_over_time(up{${matchersOf(over.selector)}}[${window}]))`;
  const began = `count_over_time(${series}[${window}]) < on (job, instance) group_left () ${scrapes}`;
  const young = `max_over_time(${series}[${window}]) and (${began}) unless on (job, instance) ${series} offset ${window}`;
  return `sum${by === '' ? '' : ` by (${by})`} ((${young}) or increase(${series}[${window}]))`;
}

/** One counter over another, where the first may not have begun yet: then nothing of it has been counted. */
export function share(part: string, whole: string, over: Over): string {
  return `clamp_max(${quotient(part, whole, over)}, 1)`;
}

/** As `share`, of what may be more than the whole. */
export function quotient(part: string, whole: string, over: Over): string {
  return `(${orNone(part, whole, over)}) / (${grown(whole, over)} > 0)`;
}

/** What a counter has grown by a second; 0 where it has not begun and `beside`, which comes before it, has. */
export function perSecond(metric: string, beside: string, over: Over): string {
  return `(${orNone(metric, beside, over)}) / ${over.windowMs / 1000}`;
}

/**
 * When a counter was last scraped. What has grown in a window goes on for as long after the last instance is gone, and would be told
 * of the version that came after it.
 */
export function lastSeen(metric: string, { selector }: Over): string {
  return `max(timestamp(${metric}{${matchersOf(selector)}}))`;
}

/** The mean of a summary or histogram: both have a sum and a count. */
export function mean(family: string, over: Over): string {
  return `${grown(`${family}_sum`, over)} / (${grown(`${family}_count`, over)} > 0)`;
}

/**
 * A quantile, of whichever kind the family is. Of a histogram over all instances. Of a summary the highest of the instances: quantiles
 * cannot be averaged, and hold for the last minute only; where nothing was counted in it they are 0, not short (service
 * contract, 6.3).
 */
export function quantile(family: string, q: number, over: Over): PrometheusQueries {
  const buckets = grown(`${family}_bucket`, over, 'le');
  const series = `${family}{${matchersOf(over.selector, { quantile: String(q) })}}`;
  const recent = inLastMinute(`${family}_count{${matchersOf(over.selector)}}`);
  return {
    value: `histogram_quantile(${q}, ${buckets}) >= 0 or max(${series} > 0 and ignoring (quantile) (${recent}))`,
    samples: `${grown(`${family}_bucket`, over, '', { le: '+Inf' })} > 0 or sum(${recent})`,
    seen: lastSeen(`${family}_count`, over),
  };
}

/** What each instance has counted in the last minute, at whatever interval it is scraped; nothing where it is none. */
function inLastMinute(count: string): string {
  const before = `${count} offset 1m`;
  // Grown; or fewer than before, since its process began anew; or began.
  return `${count} - ${before} > 0 or ${count} < ${before} or ${count} unless ${before}`;
}

/** What has grown, and 0 where it has not begun: the other has, and was scraped. */
function orNone(metric: string, beside: string, over: Over): string {
  const window = promDuration(over.windowMs);
  return `${grown(metric, over)} or 0 * sum(count_over_time(${beside}{${matchersOf(over.selector)}}[${window}]))`;
}

/** A duration as PromQL has it. */
export function promDuration(ms: number): string {
  return ms % 1000 === 0 ? `${ms / 1000}s` : `${ms}ms`;
}
