import { DAYS, type FreezeWindow } from './settings.ts';
import { dayIn, daysFrom, shownIn, weekdayOf, whenClocksShow } from './zoned-time.ts';

/** A window that a moment is in. */
export interface OpenWindow {
  readonly name: string;
  /** When it ends, in ms since the epoch. */
  readonly until: number;
  /** The same for people, by the clocks that the window goes by. */
  readonly untilShown: string;
}

/**
 * The window that a moment is in, with its end; undefined when it is outside. The beginning belongs to it, the end does not.
 * Where clocks are put back and show its beginning or its end twice, it is as long as it can be. Pure.
 * @param now in ms since the epoch
 */
export function openAt(window: FreezeWindow, now: number): OpenWindow | undefined {
  if (!window.days) {
    const [from, until] = [Date.parse(window.from), Date.parse(window.to)];
    return now >= from && now < until
      ? { name: window.name, until, untilShown: shownIn(until, 'UTC') }
      : undefined;
  }
  const { name, days, from, to, timezone } = window;
  const today = dayIn(now, timezone);
  // One that began the day before may last until its own beginning; near midnight clocks that are put back show another day.
  const spans = [-2, -1, 0, 1]
    .map((offset) => daysFrom(today, offset))
    .filter((day) => days.some((one) => DAYS.indexOf(one) === weekdayOf(day)))
    .map((day) => ({
      begins: whenClocksShow(day, from, timezone).earliest,
      ends: whenClocksShow(to > from ? day : daysFrom(day, 1), to, timezone).latest,
    }))
    .filter(({ begins, ends }) => now >= begins && now < ends);
  if (spans.length === 0) return undefined;
  const until = Math.max(...spans.map(({ ends }) => ends));
  return { name, until, untilShown: shownIn(until, timezone) };
}
