import { NOW } from './given.ts';
import type { Course, Story, Times } from './truths.ts';

const HOUR = 3_600_000;

const good: Course = () => 0;
const step =
  (from: number): Course =>
  (at) =>
    at >= from ? 1 : 0;
const ramp =
  (from: number, ms: number): Course =>
  (at) =>
    Math.min(1, Math.max(0, (at - from) / ms));
const during =
  (from: number, to: number): Course =>
  (at) =>
    at >= from && at < to ? 1 : 0;
const all =
  (...courses: readonly Course[]): Course =>
  (at) =>
    Math.max(...courses.map((course) => course(at)));
const but =
  (course: Course, from: number, to: number): Course =>
  (at) =>
    at >= from && at < to ? 0 : course(at);

/** After the release, as far as clocks can tell, and so that two windows are measured of it. */
const after = ({ liveAt, windowMs, place }: Times) =>
  liveAt + 10_000 + place * (NOW - liveAt - 2.2 * windowMs);
/** Before the release, by more than an onset is blurred. */
const before = ({ liveAt, blurMs, place }: Times) => liveAt - blurMs - place * 0.5 * HOUR;
/** The release lies in it, and more than a window of before and after. */
const aroundLive = ({ liveAt, windowMs, stepMs }: Times) =>
  [liveAt - windowMs - 3 * stepMs, liveAt + windowMs + 3 * stepMs] as const;

/**
 * What can have happened, and what is right to say of it. What is nearer to the release than it is measured (a window, four steps,
 * and what the clocks differ by) is in none: there no answer is right.
 */
export const STORIES: Readonly<Record<string, Story>> = {
  'nothing has happened': { course: () => good, right: ['normal'] },
  'nothing has happened, and of part of it nothing is known': {
    course: () => good,
    gap: ({ liveAt, place }) => [liveAt - HOUR, liveAt - HOUR + place * 2 * HOUR * 0.4],
    right: ['normal'],
  },
  'it is bad since the release': { course: (times) => step(after(times)), right: ['worse-since'] },
  'it becomes bad within a window since the release': {
    course: (times) => ramp(after(times), 0.8 * times.windowMs),
    right: ['worse-since'],
  },
  'it becomes bad slowly, from the release on': {
    course: ({ liveAt, windowMs }) => ramp(liveAt + 10_000, NOW - liveAt - 1.2 * windowMs),
    right: ['worse-since'],
  },
  'it is bad since the release, and for a moment it was not': {
    course: (times) => but(step(times.liveAt + 10_000), after(times), after(times) + 0.4 * times.windowMs),
    right: ['worse-since'],
  },
  'it is bad since the release, and an hour before something short was healed': {
    course: (times) =>
      all(step(after(times)), during(times.liveAt - HOUR, times.liveAt - HOUR + 0.1 * times.windowMs)),
    right: ['worse-since'],
  },
  'it is bad since the release, and of part of the time before nothing is known': {
    course: (times) => step(after(times)),
    gap: ({ liveAt, windowMs, place }) => [liveAt - HOUR - place * HOUR, liveAt - 2 * windowMs],
    right: ['worse-since'],
  },
  'it is bad since a time when the version was live already, at the latest': {
    course: (times) => step(after(times)),
    live: 'or-before',
    right: ['worse-since'],
  },
  'it was bad before the release': { course: (times) => step(before(times)), right: ['worse-before'] },
  'it became bad slowly before the release': {
    course: (times) => ramp(before(times) - 0.4 * HOUR, 0.4 * HOUR),
    right: ['worse-before'],
  },
  'it was bad before the release, and for a moment it was not': {
    course: (times) => {
      const dip = times.liveAt + 1.5 * times.windowMs;
      return but(step(before(times)), dip, dip + 0.25 * times.windowMs);
    },
    right: ['worse-before'],
  },
  'it was bad before the release, and of part of that time nothing is known': {
    course: (times) => step(before(times) - 0.5 * HOUR),
    gap: (times) => [before(times) - 0.4 * HOUR, times.liveAt - 3 * times.blurMs],
    right: ['worse-before'],
  },
  'it was bad before the release, and not since': {
    course: ({ liveAt, blurMs, place }) => during(liveAt - blurMs - place * HOUR, liveAt),
    right: ['normal'],
  },
  'it was bad an hour before the release for a short time': {
    course: ({ liveAt, place, windowMs }) => during(liveAt - HOUR, liveAt - HOUR + place * 4 * windowMs),
    right: ['normal'],
  },
  'it was bad since the release, and is not any more': {
    course: ({ liveAt, windowMs }) => during(liveAt + 10_000, NOW - 2.2 * windowMs),
    right: ['normal'],
  },
  'it was bad since the release until a moment ago': {
    course: ({ liveAt, windowMs, place }) => during(liveAt + 10_000, NOW - (0.1 + 0.8 * place) * windowMs),
    right: ['worse-since', 'unknown'],
  },
  'it was on its way to be bad when it was released': {
    course: ({ liveAt, blurMs, windowMs, place }) =>
      ramp(liveAt - (2 + place) * blurMs, (3 + place) * blurMs + 0.5 * windowMs),
    right: ['worse-before', 'unknown'],
  },
  'it comes and goes, before the release and since': {
    course: ({ liveAt }) => all(during(liveAt - 1.4 * HOUR, liveAt - 0.7 * HOUR), step(liveAt + 10_000)),
    right: ['unknown'],
  },
  'it was bad before the release, and since, but of the time between nothing is known': {
    course: (times) => step(before(times) - 2 * times.blurMs),
    gap: aroundLive,
    right: ['unknown'],
  },
  'it became bad at a time of which nothing is known, and the release is in it': {
    course: ({ liveAt, place, windowMs }) => step(liveAt + (place - 0.8) * windowMs),
    gap: aroundLive,
    right: ['unknown'],
  },
  'it is bad, and nothing is known of the time before the release': {
    course: ({ from }) => step(from),
    gap: ({ from, liveAt, windowMs }) => [from, liveAt + windowMs],
    right: ['unknown'],
  },
  'it was bad before a time when the version was live, at the latest': {
    course: (times) => step(before(times)),
    live: 'or-before',
    right: ['unknown'],
  },
  'it is bad, and since when the version is live is not known': {
    course: (times) => step(after(times)),
    live: 'unknown',
    right: ['unknown'],
  },
  'it is bad since the release, of too few events': {
    course: (times) => step(after(times)),
    traffic: () => 0.1,
    right: ['unknown'],
  },
  'it is bad since the release, of hardly enough events': {
    course: (times) => step(after(times)),
    traffic: ({ windowMs }) => 130_000 / windowMs,
    right: ['worse-since', 'unknown'],
  },
  'it was bad before the release, of hardly enough events': {
    course: (times) => step(before(times)),
    traffic: ({ windowMs }) => 130_000 / windowMs,
    right: ['worse-before', 'unknown'],
  },
  'nothing is known of the last while': {
    course: (times) => step(times.liveAt + 10_000),
    until: ({ windowMs }) => NOW - windowMs - 130_000,
    right: ['unknown'],
  },
  'the clock of the source is an hour ahead': {
    course: (times) => step(after(times)),
    aheadMs: HOUR,
    right: ['unknown'],
  },
};
