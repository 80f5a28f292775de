import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JudgedSignal, SignalState } from '../../../src/domain/need/assessment.ts';
import { judgeSignal } from '../../../src/domain/need/judge-signal.ts';
import type {
  LiveSince,
  SignalDefinition,
  SignalPoint,
  SignalReading,
  SignalSourceId,
} from '../../../src/domain/need/signals.ts';
import { SIGNAL_SOURCES } from '../../../src/domain/need/signals.ts';
import { seed } from '../../faults/every-input.ts';
import { ago, FAILED_PLANS, liveAgo, MINUTE, NOW } from './given.ts';

const PARAMETERS = { numRuns: 400, seed: seed() };

/** How much a state accuses the current version. */
const GUILT: Readonly<Record<SignalState, number>> = {
  normal: 0,
  'worse-before': 0,
  unknown: 1,
  'worse-since': 2,
};

/** Any values, of which some are just at the thresholds. */
const values = fc.oneof(
  fc.constantFrom(0, 0.004, 0.012, 0.014, 0.05, 0.051, 0.38, 1),
  fc.double({ min: 0, max: 1, noNaN: true }),
);
/** A value for each minute of an hour and a half, the newest last. */
const courses = fc.array(values, { minLength: 90, maxLength: 90 });
/** What is, for most of the time; and something else since. */
const shifts = fc
  .record({
    good: courses.map((all) => all.map((value) => value * 0.01)),
    bad: courses,
    since: fc.integer({ min: 0, max: 89 }),
  })
  .map(({ good, bad, since }) =>
    good.map((value, index) => (index >= since ? (bad[index] ?? value) : value)),
  );
const series = fc.oneof(courses, shifts);
const lives = fc
  .record({ minutes: fc.double({ min: 0, max: 80, noNaN: true }), exact: fc.boolean() })
  .map(({ minutes, exact }) => liveAgo(minutes, exact));
const definitions: fc.Arbitrary<SignalDefinition> = fc.constantFrom(
  FAILED_PLANS,
  { ...FAILED_PLANS, limit: 1 },
  { ...FAILED_PLANS, growth: 1e9 },
  { ...FAILED_PLANS, worse: 'lower' as const, limit: 0.01, growth: 2 },
);

function pointsOf(course: readonly number[]): readonly SignalPoint[] {
  return course.map((value, index) => ({ at: ago(course.length - 1 - index), value }));
}

function judge(
  points: readonly SignalPoint[],
  live: LiveSince | undefined,
  definition = FAILED_PLANS,
  source: SignalSourceId = 'prometheus',
): JudgedSignal {
  const reading: SignalReading = { kind: 'measured', source, now: points.at(-1)!, past: points.slice(0, -1) };
  return judgeSignal({ definition, reading }, { at: NOW, ...(live ? { live } : {}) });
}

describe('whatever the values are', () => {
  it('is judged the same whatever order they come in, with some of them twice, and with garbage between them', () => {
    const garbage = fc.array(
      fc.record({
        at: fc.oneof(
          fc.constantFrom(Number.NaN, 9e99, NOW + 1, NOW + 5 * MINUTE),
          fc.integer({ min: 0, max: 90 }).map(ago),
        ),
        value: fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
      }),
    );
    const futures = fc.array(
      fc.record({ at: fc.integer({ min: NOW + 1, max: NOW + 90 * MINUTE }), value: values }),
    );
    fc.assert(
      fc.property(
        series,
        lives,
        definitions,
        garbage,
        futures,
        fc.integer(),
        (course, live, definition, junk, later, order) => {
          const points = pointsOf(course);
          const [now, before] = [points.at(-1)!, points.slice(0, -1)];
          const mixed = [...before, ...before.slice(20, 40), ...junk, ...later].toSorted(
            (a, b) => Math.sin(order + a.at * 7 + a.value) - Math.sin(order + b.at * 7 + b.value),
          );
          expect(judge([...mixed, now], live, definition)).toEqual(judge(points, live, definition));
        },
      ),
      PARAMETERS,
    );
  });

  it('is judged the same in any unit', () => {
    fc.assert(
      fc.property(
        series,
        lives,
        definitions,
        fc.integer({ min: -20, max: 20 }),
        (course, live, definition, power) => {
          const scale = 2 ** power;
          const { limit = 1, noise = 0 } = definition;
          const scaled = { ...definition, limit: limit * scale, noise: noise * scale };
          const one = judge(pointsOf(course), live, { ...definition, limit, noise });
          const other = judge(pointsOf(course.map((value) => value * scale)), live, scaled);
          expect([other.state, other.onsetAt]).toEqual([one.state, one.onsetAt]);
        },
      ),
      PARAMETERS,
    );
  });

  it('accuses the version no less when it is worse now', () => {
    fc.assert(
      fc.property(series, lives, fc.double({ min: 0, max: 3, noNaN: true }), (course, live, more) => {
        const points = pointsOf(course);
        const now = points.at(-1)!;
        const worse = [...points.slice(0, -1), { ...now, value: now.value + more }];
        expect(GUILT[judge(worse, live).state]).toBeGreaterThanOrEqual(GUILT[judge(points, live).state]);
      }),
      PARAMETERS,
    );
  });

  // Live for less long than is known of the time before: of what has come and gone in longer it may be the same as ever.
  it('accuses the version no less when it is worse at any time since the release, and was well before', () => {
    const good = fc.array(fc.double({ min: 0.003, max: 0.005, noNaN: true }), {
      minLength: 90,
      maxLength: 90,
    });
    fc.assert(
      fc.property(good, courses, courses, fc.integer({ min: 1, max: 40 }), (before, since, more, minutes) => {
        const live = liveAgo(minutes);
        const courseOf = (worse: readonly number[]) =>
          before.map((value, index) =>
            89 - index < minutes ? (since[index] ?? 0) + (worse[index] ?? 0) : value,
          );
        const one = judge(pointsOf(courseOf([])), live).state;
        const other = judge(pointsOf(courseOf(more)), live).state;
        expect(GUILT[other]).toBeGreaterThanOrEqual(GUILT[one]);
      }),
      PARAMETERS,
    );
  });

  it('is not the fault of the version because something is not known: missing values accuse nobody', () => {
    // Well before, so that what was normal does not hang on which values are left of it.
    const courseOf = (since: number) =>
      fc
        .array(values, { minLength: 90, maxLength: 90 })
        .map((all) => all.map((value, index) => (index < since ? 0.004 : value)));
    fc.assert(
      fc.property(
        fc.integer({ min: 60, max: 89 }).chain(courseOf),
        lives,
        fc.integer({ min: 40, max: 88 }),
        fc.integer({ min: 0, max: 15 }),
        (course, live, from, length) => {
          const points = pointsOf(course);
          const left = points.filter((_, index) => index === 89 || index < from || index >= from + length);
          const [whole, holed] = [judge(points, live).state, judge(left, live).state];
          if (whole !== 'worse-since') expect(holed, `${whole} -> ${holed}`).not.toBe('worse-since');
        },
      ),
      PARAMETERS,
    );
  });

  it('never is its fault where there is no past, nothing is known of a release, or no number is read', () => {
    fc.assert(
      fc.property(
        series,
        lives,
        definitions,
        fc.constantFrom(...SIGNAL_SOURCES),
        (course, live, definition, source) => {
          const points = pointsOf(course);
          expect(judge(points.slice(-1), live, definition, source).state).not.toBe('worse-since');
          expect(judge(points, undefined, definition, source).state).not.toMatch(/worse/);
          const broken = [...points.slice(0, -1), { at: NOW, value: Number.NaN }];
          expect(judge(broken, live, definition, source).state).toBe('unknown');
        },
      ),
      PARAMETERS,
    );
  });

  it('ends with a state and a sentence for any numbers at all', () => {
    const any = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, -0, 1e308, -1e308, 8.64e15, NOW));
    const point = fc.record({ at: any, value: any, samples: any });
    const definition = fc.record({
      windowMs: any,
      minSamples: any,
      limit: any,
      growth: any,
      noise: any,
      worse: fc.constantFrom('higher', 'lower'),
    });
    fc.assert(
      fc.property(
        definition,
        point,
        fc.array(point),
        any,
        any,
        fc.string(),
        (given, now, past, recorded, at, when) => {
          const signal = judgeSignal(
            {
              definition: { ...FAILED_PLANS, ...given },
              reading: { kind: 'measured', source: 'prometheus', now, past },
            },
            { at, recorded, live: { at: when, from: 'mark', exact: true } },
          );
          expect(Object.keys(GUILT)).toContain(signal.state);
          expect(signal.says).toMatch(/^failed plans/);
          const { samples, before, onsetAt = '2026' } = signal;
          const numbers = [signal.now, samples, before, signal.recorded, Date.parse(onsetAt)];
          expect(numbers.filter((value) => value !== undefined && !Number.isFinite(value))).toEqual([]);
        },
      ),
      PARAMETERS,
    );
  });
});
