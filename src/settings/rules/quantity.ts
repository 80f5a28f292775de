import { wordsOf } from '../../domain/masking/secret-names.ts';
import { durationMs } from '../../schema-parts/durations.ts';
import type { Setting } from '../setting.ts';

/** What a number of a setting counts. */
export type Unit = 'ms' | 's' | 'm' | 'h';

const MILLISECONDS: Readonly<Record<Unit, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** By the last word of a setting's name: `timeout_secs`, `cooldownMs`. */
const UNITS: ReadonlyMap<string, Unit> = new Map([
  ...['ms', 'msec', 'msecs', 'millis', 'milliseconds'].map((word) => [word, 'ms'] as const),
  ...['s', 'sec', 'secs', 'second', 'seconds'].map((word) => [word, 's'] as const),
  ...['m', 'min', 'mins', 'minute', 'minutes'].map((word) => [word, 'm'] as const),
  ...['h', 'hour', 'hours'].map((word) => [word, 'h'] as const),
]);

/** As Go, humantime and others write one: `1m30s`, `1.5s`, `250us`. */
const DURATION = /^(?:\d{1,15}(?:\.\d{1,9})?(?:ns|us|µs|ms|s|m|h|d))+$/;
const PARTS = /(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h|d)/g;
const OF_A_DURATION: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ...MILLISECONDS,
  d: 86_400_000,
};

const NUMBER = /^[+-]?\d{1,20}(?:\.\d{1,20})?$/;

/** The bounds of a number: plain ones, or durations as runbook.yaml has them. */
export interface Bounds {
  readonly least?: number | string;
  readonly most?: number | string;
  /** What a number without unit counts; without it the name says so. */
  readonly unit?: Unit;
}

/** Why a setting is not within bounds; the value is not repeated. */
export function outOfBounds(
  { path, kind, value }: Setting,
  isTyped: boolean,
  { least, most, unit }: Bounds,
): string | undefined {
  const isDuration = typeof (least ?? most) === 'string';
  const isNumber = /number$/.test(kind) || (!isTyped && NUMBER.test(value.trim()));
  const inWords = wordedBounds(least, most);
  let measured: number;
  if (isDuration && kind === 'text' && DURATION.test(value.trim())) measured = ofDuration(value.trim());
  else if (!isNumber) return `is no ${isDuration ? 'duration' : 'number'}, expected ${inWords}`;
  else if (isDuration) {
    const counts = unit ?? unitOf(String(path.findLast((part) => typeof part === 'string') ?? ''));
    if (!counts) return 'is a number without a unit: write unit in the rule';
    measured = Number(value) * MILLISECONDS[counts];
  } else measured = Number(value);
  const [low, high] = [measure(least, -Infinity), measure(most, Infinity)];
  return measured >= low && measured <= high ? undefined : `is out of bounds, expected ${inWords}`;
}

/** The unit that a setting's name ends with. */
export function unitOf(name: string): Unit | undefined {
  const words = wordsOf(name);
  return words.length > 1 ? UNITS.get(words.at(-1) ?? '') : undefined;
}

function measure(bound: number | string | undefined, without: number): number {
  if (bound === undefined) return without;
  return typeof bound === 'string' ? durationMs(bound) : bound;
}

function ofDuration(text: string): number {
  return [...text.matchAll(PARTS)].reduce(
    (sum, [, number, unit]) => sum + Number(number) * (OF_A_DURATION[unit ?? ''] ?? 0),
    0,
  );
}

function wordedBounds(least: number | string | undefined, most: number | string | undefined): string {
  if (least === undefined) return `at most ${most}`;
  return most === undefined ? `at least ${least}` : `${least} to ${most}`;
}
