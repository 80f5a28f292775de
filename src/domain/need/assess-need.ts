import type { Instant } from '../json.ts';
import type { JudgedSignal, NeedAssessment, NeedVerdict, SignalState } from './assessment.ts';
import type { LiveSince } from './signals.ts';
import { capped, named } from './words.ts';

/** So many signals of one state are named in the sentence; the rest is counted. */
const MOST_NAMED = 2;
/** And so many by their titles alone. */
const MOST_TITLES = 3;
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
  /** When it was seen to fail. */
  readonly knownAt?: Instant;
  /** False: no instance of the current version is ready, so that the numbers are of what ran before it. */
  readonly isServed?: boolean;
  readonly at: Instant;
}

/**
 * Runbook 1: is it the release? One signal that is bad since the version was live is enough, unless traffic alone may have moved it, or one
 * that decides was bad before. Where a signal
 * that decides cannot be told, or none can, it stays open; a recorded failure of this very version settles that, and nothing else.
 */
export function assessNeed(facts: NeedFacts): NeedAssessment {
  const { signals, version, live, known, at, isServed = true } = facts;
  const told = verdictOf(signals);
  const measured = told === 'not-warranted' && !isServed ? 'inconclusive' : told;
  const verdict = measured === 'inconclusive' && settles(facts) ? 'warranted' : measured;
  const unserved = isServed
    ? []
    : [`nothing of ${named(version)} is ready: these are numbers of what ran before`];
  return {
    verdict,
    sentence: sentenceOf([...unserved, ...recordedSays(facts, verdict, measured)], signals, measured),
    at,
    version,
    ...(live === undefined ? {} : { live }),
    signals,
    ...(known === undefined ? {} : { known }),
  };
}

function verdictOf(signals: readonly JudgedSignal[]): NeedVerdict {
  const counting = signals.filter(({ suffices }) => suffices !== false);
  // A fault that was there before makes new processes look bad in other ways, too: circuits that are closed again, tasks that all fail.
  const wasBad = counting.some(({ state, decides }) => decides && state === 'worse-before');
  const since = counting.filter(({ state }) => state === 'worse-since');
  if (since.length > 0 && !wasBad) return 'warranted';
  if (since.some(({ decides }) => decides)) return 'inconclusive';
  // What is bad and cannot be dated is never well, unless a number that decides says that it was so before; nor is a question that
  // decides, and that nothing answers.
  const open = counting.some(
    ({ state, decides, isBad = false }) => state === 'unknown' && (decides || (isBad && !wasBad)),
  );
  if (open) return 'inconclusive';
  return counting.every(({ state }) => state === 'unknown') ? 'inconclusive' : 'not-warranted';
}

/** Whether a recorded failure settles what the numbers leave open: one of this life of the version, and nothing that decides was bad before it. */
function settles({ signals, live, known, knownAt }: NeedFacts): boolean {
  if (known === undefined || signals.some(({ state, decides }) => decides && state === 'worse-before'))
    return false;
  return live === undefined || knownAt === undefined || Date.parse(knownAt) >= Date.parse(live.at);
}

function sentenceOf(
  first: readonly string[],
  signals: readonly JudgedSignal[],
  measured: NeedVerdict,
): string {
  const weightiest = signals.toSorted((a, b) => weightOf(b) - weightOf(a));
  const of = (state: SignalState) => weightiest.filter((signal) => signal.state === state);
  // What the verdict rests on goes first.
  const bad: readonly SignalState[] =
    measured === 'warranted' ? ['worse-since', 'worse-before'] : ['worse-before', 'worse-since'];
  const parts = [
    ...first,
    ...bad.flatMap((state) => said(of(state))),
    ...(measured === 'inconclusive' ? said(of('unknown')) : saidIfBad(of('unknown'))),
    ...wellSays(of('normal')),
  ];
  return capped(parts.join('; ') || 'nothing was measured', SENTENCE_LIMIT);
}

function weightOf({ decides, suffices }: JudgedSignal): number {
  return suffices === false ? 0 : decides ? 2 : 1;
}

/** Beside a verdict that stands without them: what is bad is named all the same. */
function saidIfBad(unknown: readonly JudgedSignal[]): readonly string[] {
  const bad = unknown.filter(({ isBad }) => isBad);
  const left = unknown.length - bad.length;
  return [...said(bad), ...(left === 0 ? [] : [`${left} of the others cannot be told`])];
}

/** What a recorded failure adds: it is no number of now. */
function recordedSays(facts: NeedFacts, verdict: NeedVerdict, measured: NeedVerdict): readonly string[] {
  const { version, known } = facts;
  if (known === undefined) return [];
  const recorded = `recorded of ${named(version)}: ${named(known, KNOWN_LIMIT)}`;
  if (verdict === 'not-warranted') return [`${recorded}, but what is measured now does not say so`];
  if (verdict !== measured) return [`${recorded}, which settles what the numbers do not tell`];
  return [measured === 'inconclusive' ? `${recorded}, which does not settle it` : recorded];
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
  const titles = signals.slice(0, MOST_TITLES).map(({ title }) => named(title));
  const more = signals.length - titles.length;
  const all = more > 0 ? [...titles, `${more} more`] : titles;
  return [`${all.slice(0, -1).join(', ')} and ${all.at(-1)} not worse`];
}
