/** A day of the calendar. */
export interface CalendarDay {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
}

const DAY_MS = 86_400_000;

const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timezone: string): Intl.DateTimeFormat {
  const known = formats.get(timezone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    calendar: 'iso8601',
    numberingSystem: 'latn',
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formats.set(timezone, format);
  return format;
}

/** Whether Node knows rules for a time zone of this name. */
export function isTimeZone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** What the clocks of a time zone show, as if it were UTC, in ms: comparable and countable. */
function wallTime(instant: number, timezone: string): number {
  const parts = Object.fromEntries(
    formatOf(timezone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = parts;
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** Which day it is in a time zone. */
export function dayIn(instant: number, timezone: string): CalendarDay {
  return dayOf(wallTime(instant, timezone));
}

/** So many days later, or earlier. */
export function daysFrom({ year, month, day }: CalendarDay, days: number): CalendarDay {
  return dayOf(Date.UTC(year, month - 1, day) + days * DAY_MS);
}

/** 0 is Sunday, as `Date.getUTCDay` counts. */
export function weekdayOf({ year, month, day }: CalendarDay): number {
  return new Date(Date.UTC(year, month - 1, day)).getUTCDay();
}

function dayOf(wall: number): CalendarDay {
  const date = new Date(wall);
  return { year: date.getUTCFullYear(), month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/**
 * When the clocks of a time zone show a time of a day, in ms since the epoch. Where clocks are put back they show it twice:
 * `earliest` and `latest` differ. Where they are put forward over it they never do: it is the moment at which they are.
 * @param clock `18:00`
 */
export function whenClocksShow(
  { year, month, day }: CalendarDay,
  clock: string,
  timezone: string,
): { readonly earliest: number; readonly latest: number } {
  const [hours = 0, minutes = 0] = clock.split(':').map(Number);
  const wanted = Date.UTC(year, month - 1, day, hours, minutes);
  // No offset is more than a day, and no rules change twice in two days.
  const [before, after] = [wanted - 2 * DAY_MS, wanted + 2 * DAY_MS];
  const candidates = [before, after]
    .map((at) => wanted - (wallTime(at, timezone) - at))
    .filter((at) => wallTime(at, timezone) === wanted);
  if (candidates.length > 0) {
    return { earliest: Math.min(...candidates), latest: Math.max(...candidates) };
  }
  const jump = firstWith(before, after, (at) => wallTime(at, timezone) > wanted);
  return { earliest: jump, latest: jump };
}

/** The first whole second at which something is so that was not so at `low`, is at `high`, and stays. */
function firstWith(low: number, high: number, isSo: (at: number) => boolean): number {
  let [no, yes] = [Math.floor(low / 1000), Math.ceil(high / 1000)];
  while (yes - no > 1) {
    const middle = Math.floor((no + yes) / 2);
    if (isSo(middle * 1000)) yes = middle;
    else no = middle;
  }
  return yes * 1000;
}

/** `Mon 2026-12-07 08:00 Europe/Berlin`. */
export function shownIn(instant: number, timezone: string): string {
  const wall = new Date(wallTime(instant, timezone));
  const weekday = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'][wall.getUTCDay()];
  return `${weekday} ${wall.toISOString().slice(0, 16).replace('T', ' ')} ${timezone}`;
}
