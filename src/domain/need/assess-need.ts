import type { Instant } from '../json.ts';
import type { JudgedSignal, NeedAssessment, NeedVerdict, SignalState } from './assessment.ts';
import type { LiveSince } from './signals.ts';
import { capped, named } from './words.ts';

/** So many signals of one state are named in the sentence; the rest is counted. */
const MOST_NAMED = 3;
/** Of the sentence, in characters: a message shows it whole. */
const SENTENCE_LIMIT = 600;
/** Of what is recorded. */
const KNOWN_LIMIT = 160;

/** What an assessment is made of. */
export interface NeedFacts {
  readonly signals: readonly JudgedSignal[];
  /** The current version. */
  readonly version: string;
  readonly live?: LiveSince;
  /** What is recorded of the current version: a failed verification, in words that follow its name. */
  readonly known?: string;
  readonly at: Instant;
}

/**
 * Runbook 1: is it the release? One signal that is bad since the version was live is enough, whatever the others say. Where a signal
 * that decides cannot be told, or none can, it stays open; a recorded failure of this very version settles that, and nothing else.
 */
export function assessNeed({ signals, version, live, known, at }: NeedFacts): NeedAssessment {
  const measured = verdictOf(signals);
  const verdict = measured === 'inconclusive' && known !== undefined ? 'warranted' : measured;
  return {
    verdict,
    sentence: sentenceOf(signals, verdict, measured, version, known),
    at,
    version,
    ...(live === undefined ? {} : { live }),
    signals,
    ...(known === undefined ? {} : { known }),
  };
}

function verdictOf(signals: readonly JudgedSignal[]): NeedVerdict {
  if (signals.some(({ state }) => state === 'worse-since')) return 'warranted';
  if (signals.some(({ state, decides }) => state === 'unknown' && decides)) return 'inconclusive';
  return signals.every(({ state }) => state === 'unknown') ? 'inconclusive' : 'not-warranted';
}

function sentenceOf(
  signals: readonly JudgedSignal[],
  verdict: NeedVerdict,
  measured: NeedVerdict,
  version: string,
  known: string | undefined,
): string {
  const weightiest = signals.toSorted((a, b) => Number(b.decides) - Number(a.decides));
  const of = (state: SignalState) => weightiest.filter((signal) => signal.state === state);
  const parts = [
    ...(known === undefined ? [] : [knownSays(named(version), named(known, KNOWN_LIMIT), verdict, measured)]),
    ...said(of('worse-since')),
    ...said(of('worse-before')),
    ...said(of('unknown')),
    ...wellSays(of('normal')),
  ];
  return capped(parts.join('; ') || 'nothing was measured', SENTENCE_LIMIT);
}

/** What a recorded failure adds: it is no number of now. */
function knownSays(version: string, known: string, verdict: NeedVerdict, measured: NeedVerdict): string {
  const recorded = `recorded of ${version}: ${known}`;
  if (verdict === 'not-warranted') return `${recorded}, but what is measured now does not say so`;
  return verdict === measured ? recorded : `${recorded}, which settles what the numbers do not tell`;
}

function said(signals: readonly JudgedSignal[]): readonly string[] {
  const more = signals.length - MOST_NAMED;
  return [
    ...signals.slice(0, MOST_NAMED).map(({ says }) => says),
    ...(more > 0 ? [`${more} more like it`] : []),
  ];
}

/** `agents and chat errors unchanged`. */
function wellSays(signals: readonly JudgedSignal[]): readonly string[] {
  const [first] = signals;
  if (first === undefined) return [];
  if (signals.length === 1) return [first.says];
  const titles = signals.slice(0, MOST_NAMED).map(({ title }) => named(title));
  const more = signals.length - titles.length;
  const all = more > 0 ? [...titles, `${more} more`] : titles;
  return [`${all.slice(0, -1).join(', ')} and ${all.at(-1)} not worse`];
}
