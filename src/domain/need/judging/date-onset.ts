import type { SignalSourceId } from '../signals.ts';
import { chanceReaches, mayBeChance } from './chance.ts';
import type { SignalEvidence } from './evidence.ts';
import { type Onset, onsetOf } from './onset.ts';
import { median, type Series } from './series.ts';
import { grownBeyond } from './thresholds.ts';

/** Neighbours are not asked to be closer than this, however short the window; but then their times say too little. */
const NEAR_MS = 15 * 60_000;
/** Bad for more than this part of the time before: that it is bad now says little about the release. */
const RECURRING = 0.1;
/** So much of the way from what was normal to what is bad shows that it has begun, where chance does not reach as far. */
const DEPARTED = 0.2;
/** So many points make the level at which it was before. */
const LEVEL_POINTS = 3;
/** What was bad already is worse, where no growth is configured, when it is so many times what it was. */
const WORSE = 2;

const NO_PAST: Readonly<Record<SignalSourceId, string>> = {
  prometheus: 'nothing is known of the time before',
  git: 'nothing is known of the time before',
  scrape: 'a scrape has no past',
  http: 'an answer has no past',
};

/** What is known of the time at which it became bad. */
export interface Dated {
  readonly state: 'worse-since' | 'worse-before' | 'unknown';
  readonly onset?: Onset;
  /** Why it cannot be told, in words that follow the number. */
  readonly why?: string;
}

/**
 * Whether it became bad since the current version was live, or before. It became so after its last point that was not bad, and by its
 * first that was: where the version went live between these two, and they are neighbours, it is the version's. What leaves two stories is unknown.
 */
export function dateOnset(evidence: SignalEvidence, threshold: number, liveAt: number): Dated {
  const { series, source, definition } = evidence;
  if (series.points.length === 1) {
    return wasRecorded(evidence, threshold)
      ? { state: 'worse-before' }
      : { state: 'unknown', why: NO_PAST[source] };
  }
  const bar = barOf(evidence, threshold);
  const onset = onsetOf(series, bar, definition.windowMs);
  const isBefore = onset.by <= liveAt;
  const why = mayBeChance(evidence, onset.index, bar)
    ? 'it is not farther from what was normal than chance goes'
    : isBefore
      ? doubtAboutBefore(evidence, onset, liveAt)
      : doubtAboutSince(evidence, onset, bar, liveAt);
  if (why !== undefined) return { state: 'unknown', onset, why };
  return { state: isBefore ? 'worse-before' : 'worse-since', onset };
}

/**
 * Beyond which values it was bad in the past: where the last value is none that chance makes of what was normal, such values were not bad
 * either. What was normal may itself be beyond the threshold.
 */
function barOf({ series, baseline, deviation }: SignalEvidence, threshold: number): number {
  if (baseline === undefined || baseline.value > threshold) return threshold;
  const reach = chanceReaches(baseline, deviation);
  return series.now.value > reach ? Math.max(threshold, reach) : threshold;
}

/** Whether the known-good version was recorded with a value that is bad too, and this is no worse: it proves nothing (service contract, 4.7). */
function wasRecorded({ recorded, series, definition }: SignalEvidence, threshold: number): boolean {
  if (recorded === undefined || recorded <= threshold) return false;
  return series.now.value <= grownBeyond(definition, recorded, definition.growth ?? 1);
}

/** What speaks against it that it was so before; undefined: nothing. */
function doubtAboutBefore(evidence: SignalEvidence, onset: Onset, liveAt: number): string | undefined {
  const { series, definition, slackMs, isExact } = evidence;
  if (!isExact) return 'the version may have been live before that';
  const surely = liveAt - slackMs;
  if (onset.by > surely)
    return 'it began as the version went live, and the clocks do not tell which was first';
  if (onset.holes.some(({ from, to }) => to > surely && from < liveAt + definition.windowMs)) {
    return 'it was bad before and is now, but not all the time between';
  }
  const before = series.points.slice(onset.index).filter(({ at }) => at <= surely);
  const level = median(before.slice(-LEVEL_POINTS).map(({ value }) => value));
  const isWorse =
    level !== undefined && series.now.value > grownBeyond(definition, level, definition.growth ?? WORSE);
  return isWorse ? 'it was bad before, and is worse since' : undefined;
}

/** What speaks against it that it is so since; undefined: nothing. */
function doubtAboutSince(
  evidence: SignalEvidence,
  onset: Onset,
  threshold: number,
  liveAt: number,
): string | undefined {
  const { series, definition, slackMs } = evidence;
  const { points, stepMs } = series;
  if (onset.after === undefined) return 'nothing is known of the time before';
  const nearMs = Math.min(stepMs, Math.max(definition.windowMs, NEAR_MS));
  if (liveAt - lastGood(series, onset.after, threshold, liveAt) >= Math.max(nearMs, 1))
    return 'values are missing about the time when it began';
  const surely = liveAt - slackMs;
  const before = points.filter(({ at }) => at <= surely);
  const bad = before.filter(({ value }) => value > threshold);
  if (bad.length > RECURRING * before.length) return 'it was so at times before, too';
  const spell = points.find(({ at, value }) => at > liveAt && value > threshold);
  const begin = points[0]?.at ?? liveAt;
  // A version that is live for longer than is known of the time before: what has come and gone since may have done so then, too.
  if (spell && spell.at < onset.by && liveAt - begin < onset.by - spell.at)
    return 'it comes and goes, and too little is known of the time before to tell whether it did then';
  const first = firstDeparted(evidence, onset, threshold);
  return first < onset.index && points[first]!.at <= surely ? 'it was on its way before' : undefined;
}

/** When it was last not bad before the release, values of too few events included, unless one of them was bad. */
function lastGood({ weak }: Series, after: number, threshold: number, liveAt: number): number {
  const between = weak.filter(({ at }) => at > after && at <= liveAt);
  return between.some(({ value }) => value > threshold) ? after : (between.at(-1)?.at ?? after);
}

/** Place of the first of the points before the onset from which on they are all on their way to the threshold, and not by chance. */
function firstDeparted(
  { series, baseline, deviation }: SignalEvidence,
  { index }: Onset,
  threshold: number,
): number {
  if (baseline === undefined) return index;
  const way = baseline.value + DEPARTED * (threshold - baseline.value);
  const departed = Math.max(way, chanceReaches(baseline, deviation));
  return series.points.slice(0, index).findLastIndex(({ value }) => value <= departed) + 1;
}
