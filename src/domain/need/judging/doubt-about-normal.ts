import type { SignalSourceId } from '../signals.ts';
import { chanceReaches } from './chance.ts';
import type { SignalEvidence } from './evidence.ts';

/** Whether a value is taken over a window that may reach back before the current version; of the others it begins with its processes. */
const REACHES_BACK: Readonly<Record<SignalSourceId, boolean>> = {
  prometheus: true,
  git: true,
  scrape: false,
  http: false,
};

/** Why a value that is not bad does not show that the current version is well; undefined: it does. */
export function doubtAboutNormal(evidence: SignalEvidence): string | undefined {
  const { series, thresholds, baseline, deviation, definition } = evidence;
  const { liveAt = Number.NEGATIVE_INFINITY } = evidence;
  const { now, points } = series;
  // One good sample is no recovery: values less than a window apart are made of the same events.
  const since = Math.max(liveAt, now.at - definition.windowMs);
  const beyondChance = chanceReaches(baseline, deviation);
  const isBad = (value: number) => value > beyondChance && thresholds.some((threshold) => value > threshold);
  if (points.some(({ at, value }) => at > since && isBad(value))) return 'it was bad less than a window ago';
  if (isDiluted(evidence, now.at - liveAt)) return 'the current version is too new for its window';
  if (!REACHES_BACK[evidence.source] || definition.growth === undefined) return undefined;
  if (baseline === undefined && evidence.liveAt !== undefined) return 'nothing is known of the time before';
  return isOwnPast(evidence) ? 'what is taken for the time before may be of the current version' : undefined;
}

/** Whether what was normal may be the bad version's own, because that may have been live by then: unless the value would be normal by itself. */
function isOwnPast({ isExact, baseline, recorded = 0, series, definition }: SignalEvidence): boolean {
  const { growth = 1, noise = 0 } = definition;
  return !isExact && baseline?.from === 'past' && series.now.value > recorded * growth + noise;
}

/**
 * Whether the value may hide a bad current version, because part of its window is of the time before: what is left of the value when that
 * part is taken for normal would be bad.
 */
function isDiluted(
  { series, thresholds, baseline, definition, source }: SignalEvidence,
  liveMs: number,
): boolean {
  const { windowMs } = definition;
  if (!REACHES_BACK[source] || liveMs >= windowMs) return false;
  if (liveMs <= 0 || baseline === undefined) return true;
  const own = baseline.value + (series.now.value - baseline.value) * (windowMs / liveMs);
  return thresholds.some((threshold) => own > threshold);
}
