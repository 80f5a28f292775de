import type { Instant } from '../json.ts';
import { sentence } from '../media/visible.ts';
import type { SignalUnit } from './signals.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const COUNTED = 'no one two three four five six seven eight nine ten eleven twelve'.split(' ');
/** Of a name from outside, in characters. */
const NAME_LIMIT = 80;

/** A number with its unit, as people read it: `38 %`, `0.52/s`, `340 ms`, `2.5 min`, `1200`. */
export const inUnit: Readonly<Record<SignalUnit, (value: number) => string>> = {
  ratio: (value) => `${percent(value * 100)} %`,
  'per-second': (value) => `${digits(value)}/s`,
  seconds: (value) => {
    const size = Math.abs(value);
    if (size < 0.9995) return `${digits(value * 1000)} ms`;
    return size < 120 ? `${digits(value)} s` : `${digits(value / 60)} min`;
  },
  count: digits,
};

/** Two digits that count, or all before the point. */
function digits(value: number): string {
  if (!Number.isFinite(value)) return 'unknown';
  if (Math.abs(value) >= 1e15) return value.toExponential(1);
  return String(Math.abs(value) >= 10 ? Math.round(value) : Number(value.toPrecision(2)));
}

/** Near the whole one more digit: 99.6 % is not 100 %. */
function percent(value: number): string {
  const size = Math.abs(value);
  return size > 99 && size < 100 ? String((Math.sign(value) * Math.floor(size * 10)) / 10) : digits(value);
}

/** A time, to the minute, with its date where that is another than `now`'s. Always UTC: who reads it is anywhere. */
export function moment(at: number, now: number): string {
  const [date = '', time = ''] = instantOf(at).split('T');
  const [today] = instantOf(now).split('T');
  return `${date === today ? '' : `${date} `}${time.slice(0, 5)} UTC`;
}

/** The instant; of what is no time that `Date` holds, the one nearest to it. */
export function instantOf(at: number): Instant {
  const held = Math.min(Math.max(at, -8.64e15), 8.64e15);
  return new Date(Number.isNaN(held) ? 0 : held).toISOString();
}

/** How long something took, in words: `six minutes`, `40 seconds`, `three days`. */
export function span(ms: number): string {
  const size = Math.abs(ms);
  if (size < 90 * SECOND) return counted(size / SECOND, 'second');
  if (size < 90 * MINUTE) return counted(size / MINUTE, 'minute');
  return size < 2 * DAY ? counted(size / HOUR, 'hour') : counted(size / DAY, 'day');
}

function counted(value: number, unit: string): string {
  const whole = Math.round(value);
  return `${COUNTED[whole] ?? whole} ${unit}${whole === 1 ? '' : 's'}`;
}

/** A name from outside within a sentence: one line, all of it seen, and not longer than people read. */
export function named(text: string, limit = NAME_LIMIT): string {
  return capped(sentence(text).trim(), limit);
}

/** The text, or its beginning. */
export function capped(text: string, limit: number): string {
  return text.length <= limit
    ? text
    : `${text
        .slice(0, limit - 1)
        .toWellFormed()
        .trimEnd()}…`;
}
