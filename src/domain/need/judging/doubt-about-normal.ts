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
  return isDiluted(evidence, now.at - liveAt) ? 'the current version is too new for its window' : undefined;
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
