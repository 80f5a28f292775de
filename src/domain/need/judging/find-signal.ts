import type { SignalDefinition, SignalPoint, SignalReading } from '../signals.ts';
import { moment } from '../words.ts';
import { type Dated, dateOnset } from './date-onset.ts';
import { doubtAboutNormal } from './doubt-about-normal.ts';
import { type Against, evidenceOf, type SignalEvidence } from './evidence.ts';
import { hasSamples, isPoint, signOf } from './series.ts';

/** A last value that is older than its window and this, or as far ahead, is not of now. */
const LATE_MS = 60_000;
/** What was bad on several counts: by its limit, by its growth. The first of these that one of them says. */
const GRAVEST = ['worse-since', 'unknown', 'worse-before'] as const;

/** What a signal says, before it is put into words. */
export interface Found {
  readonly state: Dated['state'] | 'normal';
  /** Why it is not known, in words that follow the title. */
  readonly why?: string;
  /** Only where it says something. */
  readonly now?: number;
  readonly samples?: number;
  /** The baseline, where the past has one. */
  readonly before?: number;
  readonly onset?: Dated['onset'];
  /** It is bad now, whether or not it is known since when. */
  readonly isBad?: boolean;
}

/** What a reading says of the current version. */
export function findSignal(definition: SignalDefinition, reading: SignalReading, against: Against): Found {
  if (reading.kind === 'no-data') return { state: 'unknown', why: reading.why };
  const { now } = reading;
  const why = whyNothing(definition, now, against.at);
  const samples = now.samples !== undefined && Number.isFinite(now.samples) ? { samples: now.samples } : {};
  if (why !== undefined) return { state: 'unknown', why, ...samples };
  const evidence = evidenceOf(definition, reading, against);
  const { baseline } = evidence;
  const before = baseline?.from === 'past' ? { before: signOf(definition) * baseline.value } : {};
  return { now: now.value, ...samples, ...before, ...judge(evidence) };
}

/** Why the last value says nothing at all; undefined: it does. NaN exceeds no limit, and is not normal for that. */
function whyNothing(definition: SignalDefinition, now: SignalPoint, at: number): string | undefined {
  if (!isPoint(now)) return 'what was read is no number';
  if (!hasSamples(now, definition)) return `only ${now.samples} of at least ${definition.minSamples} events`;
  const apartMs = now.at - at;
  if (apartMs < -definition.windowMs - LATE_MS) return `its last value is from ${moment(now.at, at)}`;
  if (apartMs > definition.windowMs + LATE_MS) return `its clock is ahead: it says ${moment(now.at, at)}`;
  return undefined;
}

function judge(evidence: SignalEvidence): Found {
  const { series, thresholds, liveAt } = evidence;
  if (thresholds.length === 0) return { state: 'unknown', why: 'there is nothing to compare it with' };
  const exceeded = thresholds.filter((threshold) => series.now.value > threshold);
  if (exceeded.length === 0) {
    const why = doubtAboutNormal(evidence);
    return why === undefined ? { state: 'normal' } : { state: 'unknown', why };
  }
  if (liveAt === undefined) {
    return { state: 'unknown', isBad: true, why: 'it is not known since when the current version is live' };
  }
  const dated = exceeded.map((threshold) => dateOnset(evidence, threshold, liveAt));
  const gravest = dated.toSorted((a, b) => GRAVEST.indexOf(a.state) - GRAVEST.indexOf(b.state))[0]!;
  return { ...gravest, isBad: true };
}
