import type { LiveSince, SignalDefinition, SignalPoint, SignalReading } from '../signals.ts';
import { type Baseline, baselineOf } from './baseline.ts';
import { deviationOf } from './chance.ts';
import { type Series, seriesOf, signOf } from './series.ts';
import { thresholdsOf } from './thresholds.ts';

/** Clocks that are kept right differ by less; what they are seen to differ by comes on top. */
const CLOCK_MS = 10_000;

/** What a signal is held against. */
export interface Against {
  /** Since when the current version is live; undefined: not known. */
  readonly live?: LiveSince;
  /** What was recorded with the known-good evidence, in the signal's unit. */
  readonly recorded?: number;
  /** Now, in ms since the epoch, by the clock of the worker. */
  readonly at: number;
  /** By how much clocks may differ, in ms; default: what clocks that are kept right do not. */
  readonly clockMs?: number;
  /** The current version, for the words. */
  readonly version?: string;
}

/** All that one signal is judged by; of all numbers in it higher is worse. */
export interface SignalEvidence {
  readonly definition: SignalDefinition;
  readonly source: SignalReading['source'];
  readonly series: Series;
  /** Ms since the epoch; undefined: not known. */
  readonly liveAt: number | undefined;
  /** False: it was live then or before. */
  readonly isExact: boolean;
  /** How far the clocks may differ, in ms. */
  readonly slackMs: number;
  readonly recorded: number | undefined;
  readonly baseline: Baseline | undefined;
  /** By how much values differ by chance, as a standard deviation; 0 where that is not known. */
  readonly deviation: number;
  /** It is bad beyond one of them. */
  readonly thresholds: readonly number[];
}

/** What is known of a signal whose last value says something. */
export function evidenceOf(
  definition: SignalDefinition,
  { source, now, past }: { source: SignalReading['source']; now: SignalPoint; past: readonly SignalPoint[] },
  { live, recorded, at, clockMs = CLOCK_MS }: Against,
): SignalEvidence {
  const series = seriesOf(definition, now, past);
  const liveAt = live && finite(Date.parse(live.at));
  const slackMs = clockMs + Math.abs(now.at - at);
  const good = finite(recorded);
  const known = {
    liveAt,
    slackMs,
    recorded: good === undefined ? undefined : signOf(definition) * good,
  };
  const baseline = baselineOf(series, { ...known, marginMs: Math.max(definition.windowMs, slackMs) });
  const thresholds = thresholdsOf(definition, baseline?.value);
  const deviation = deviationOf(definition, series, baseline);
  const isExact = live?.exact ?? false;
  return { definition, source, series, ...known, isExact, baseline, deviation, thresholds };
}

function finite(value: number | undefined): number | undefined {
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}
