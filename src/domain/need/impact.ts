import type { JudgedSignal, NeedAssessment } from './assessment.ts';
import type { SignalUnit } from './signals.ts';
import { capped, inUnit, named } from './words.ts';

/** Of the sentence, in characters. */
const SENTENCE_LIMIT = 600;
const MOST_NAMED = 4;

/** One number before the release, before the rollback, and after it; what is not known is left out. */
export interface ImpactRow {
  readonly id: string;
  readonly title: string;
  readonly unit: SignalUnit;
  /** What was normal before the release. */
  readonly before?: number;
  /** What was recorded when a version was proved. */
  readonly recorded?: number;
  readonly during?: number;
  readonly after?: number;
}

/** The impact before and after (runbook 7.1). */
export interface NeedImpact {
  readonly rows: readonly ImpactRow[];
  /** `failed plans 38 % -> 0.5 % (0.4 % before the release)`. */
  readonly sentence: string;
}

/**
 * The same numbers, taken again after the rollback. The sentence is of those that were bad; where none was, of all that are known.
 */
export function impactOf(assessment: NeedAssessment, after: readonly JudgedSignal[]): NeedImpact {
  const later = new Map(after.map((signal) => [signal.id, signal]));
  const known = new Set(assessment.signals.map(({ id }) => id));
  const added = after.filter(({ id }) => !known.has(id));
  const rows = [
    ...assessment.signals.map((signal) => rowOf(signal, signal.now, later.get(signal.id)?.now)),
    ...added.map((signal) => rowOf(signal, undefined, signal.now)),
  ];
  const bad = new Set(assessment.signals.filter(isBad).map(({ id }) => id));
  const told = rows.filter(({ id }) => bad.has(id));
  return { rows, sentence: sentenceOf(told.length > 0 ? told : rows) };
}

function isBad({ state, now }: JudgedSignal): boolean {
  return state === 'worse-since' || state === 'worse-before' || (state === 'unknown' && now !== undefined);
}

function rowOf(
  { id, title, unit, before, recorded }: JudgedSignal,
  during: number | undefined,
  after: number | undefined,
): ImpactRow {
  return {
    id,
    title,
    unit,
    ...(before === undefined ? {} : { before }),
    ...(recorded === undefined ? {} : { recorded }),
    ...(during === undefined ? {} : { during }),
    ...(after === undefined ? {} : { after }),
  };
}

function sentenceOf(rows: readonly ImpactRow[]): string {
  const parts = rows.slice(0, MOST_NAMED).map((row) => {
    const normal = normalSays(row);
    return `${named(row.title)} ${valueSays(row.unit, row.during)} -> ${valueSays(row.unit, row.after)}${normal}`;
  });
  const more = rows.length - parts.length;
  return capped(
    [...parts, ...(more > 0 ? [`${more} more`] : [])].join('; ') || 'nothing was measured',
    SENTENCE_LIMIT,
  );
}

function normalSays({ unit, before, recorded }: ImpactRow): string {
  if (before !== undefined) return ` (${valueSays(unit, before)} before the release)`;
  return recorded === undefined ? '' : ` (${valueSays(unit, recorded)} when a version was proved)`;
}

/** A number with its unit, or that it is not known. */
export function valueSays(unit: SignalUnit, value: number | undefined): string {
  return value === undefined ? 'not known' : inUnit[unit](value);
}
