import fc from 'fast-check';
import type { SignalState } from '../../../src/domain/need/assessment.ts';
import type { LiveSince, ReadSignal, SignalDefinition } from '../../../src/domain/need/signals.ts';
import { NOW } from './given.ts';
import { seriesIn, type World } from './world.ts';

/** A service that is measured, before anything has happened to it. */
export interface Service {
  readonly kind: World['kind'];
  readonly traffic: number;
  readonly definition: SignalDefinition;
  readonly stepMs: number;
  /** What is normal, what is surely bad, and what is so only just; as levels of the world. */
  readonly good: number;
  readonly bad: number;
  readonly hoursOfPast: number;
  readonly liveMs: number;
  readonly aheadMs: number;
  readonly extraRestart: number;
  readonly missing: number;
  readonly seed: number;
  /** Anywhere between what is possible: what the truth makes of it. */
  readonly place: number;
}

const KINDS = {
  'failed share, by limit': { kind: 'ratio', worse: 'higher', by: 'limit' },
  'failed share, by growth': { kind: 'ratio', worse: 'higher', by: 'growth' },
  'failed share, by both': { kind: 'ratio', worse: 'higher', by: 'both' },
  'answered share, by limit': { kind: 'ratio', worse: 'lower', by: 'limit' },
  'mean duration, by growth': { kind: 'mean', worse: 'higher', by: 'growth' },
  'mean duration, by both': { kind: 'mean', worse: 'higher', by: 'both' },
  'throughput, by growth': { kind: 'rate', worse: 'lower', by: 'growth' },
} as const;
type Kind = keyof typeof KINDS;

const UNITS = { ratio: 'ratio', mean: 'seconds', rate: 'per-second' } as const;

/** Any service, with any thresholds, of which the noise is small beside them: ten standard deviations and more. */
export const services: fc.Arbitrary<Service> = fc
  .record({
    name: fc.constantFrom(...(Object.keys(KINDS) as Kind[])),
    traffic: fc.double({ min: 20, max: 80, noNaN: true }),
    windowParts: fc.integer({ min: 4, max: 20 }),
    stepMs: fc.constantFrom(15_000, 30_000, 60_000),
    goodness: fc.double({ min: 0, max: 1, noNaN: true }),
    badness: fc.double({ min: 0, max: 1, noNaN: true }),
    hoursOfPast: fc.constantFrom(3, 4),
    liveWindows: fc.double({ min: 5, max: 9, noNaN: true }),
    aheadMs: fc.integer({ min: -8, max: 8 }).map((seconds) => seconds * 1000),
    extraRestart: fc.double({ min: 0, max: 1, noNaN: true }),
    missing: fc.double({ min: 0, max: 0.3, noNaN: true }),
    seed: fc.integer(),
    place: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .map(({ name, windowParts, goodness, badness, liveWindows, traffic, ...rest }) => {
    const { kind, worse, by } = KINDS[name];
    const windowMs = windowParts * 30_000;
    const [good, limit, worst] = levelsOf(kind, worse, goodness);
    const growth = kind === 'rate' ? 1.5 + goodness : 3;
    const noise = kind === 'ratio' ? 0.02 : 0;
    const grown = kind === 'rate' ? good / growth : Math.max(good * growth, good + noise);
    const just = by === 'limit' ? limit : by === 'growth' ? grown : farther(worse, limit, grown);
    // Surely bad: half of the way from what is just bad to the worst, and more.
    const bad = just + (worst - just) * (0.5 + badness / 2);
    const definition: SignalDefinition = {
      id: 'signal',
      title: 'signal',
      unit: UNITS[kind],
      windowMs,
      minSamples: 100,
      worse,
      ...(by === 'growth' ? {} : { limit }),
      ...(by === 'limit' ? {} : { growth, noise: kind === 'rate' ? traffic * 0.02 : noise }),
      decides: true,
    };
    return { kind, traffic, definition, good, bad, liveMs: liveWindows * windowMs, ...rest };
  });

function levelsOf(kind: World['kind'], worse: 'higher' | 'lower', at: number): [number, number, number] {
  if (kind === 'ratio') return worse === 'higher' ? [0.02 * at, 0.08, 1] : [1 - 0.02 * at, 0.92, 0];
  if (kind === 'mean') return [0.2 + at, 4 * (0.2 + at), 12 * (0.2 + at)];
  return [1, 0, 0.05];
}

function farther(worse: 'higher' | 'lower', a: number, b: number): number {
  return worse === 'higher' ? Math.max(a, b) : Math.min(a, b);
}

/** What has happened, when it was live by the cluster's clock, and which states are right. */
export interface Truth {
  readonly read: ReadSignal;
  readonly live: LiveSince | undefined;
  readonly right: readonly SignalState[];
}

/** How a service goes on over time: its level, as a part of the way from good (0) to bad (1). */
export type Course = (at: number) => number;

export interface Story {
  /** Where the truth of this course is, on the clock of the cluster. */
  readonly course: (times: Times) => Course;
  readonly right: readonly SignalState[];
  /** Points that are left out. */
  readonly gap?: (times: Times) => readonly [from: number, to: number];
  /** Events a second instead. */
  readonly traffic?: (times: Times) => number;
  /** The source knows nothing of the time since then. */
  readonly until?: (times: Times) => number;
  /** The clock of the source is ahead by so much more. */
  readonly aheadMs?: number;
  readonly live?: 'unknown' | 'or-before';
}

/** What stands between the truth and its measurement. */
export interface Times {
  readonly liveAt: number;
  readonly windowMs: number;
  readonly stepMs: number;
  /** From 0 to 1. */
  readonly place: number;
  readonly from: number;
  /** As sharp as an onset can be known: the window smears it, points are steps apart, and clocks differ. */
  readonly blurMs: number;
}

/** A story of a service, as a source tells it. */
export function told(service: Service, story: Story): Truth {
  const { definition, stepMs, liveMs, hoursOfPast, place, aheadMs } = service;
  const { windowMs } = definition;
  const liveAt = NOW - liveMs;
  const from = liveAt - hoursOfPast * 3_600_000 - windowMs;
  const blurMs = windowMs + 4 * stepMs + 10_000 + 2 * Math.abs(aheadMs);
  const times = { liveAt, windowMs, stepMs, place, from, blurMs };
  const course = story.course(times);
  const extra = from + service.extraRestart * (NOW - from);
  const world: World = {
    ...service,
    traffic: story.traffic?.(times) ?? service.traffic,
    level: (at) => service.good + (service.bad - service.good) * course(at),
    from,
    to: NOW,
    // A new version is new processes; and one more has ended at any time.
    restarts: [liveAt, extra],
    aheadMs: aheadMs + (story.aheadMs ?? 0),
  };
  const until = story.until?.(times) ?? NOW;
  const points = seriesIn(world).filter(({ at }) => at <= until + world.aheadMs);
  const gap = story.gap?.(times);
  const isKept = (at: number, index: number) => {
    const isInGap = gap && at >= gap[0] + world.aheadMs && at <= gap[1] + world.aheadMs;
    const isNear = Math.abs(at - liveAt) < windowMs + 5 * stepMs;
    const isMissed = ((index * 7919 + (service.seed >>> 1)) % 1000) / 1000 < service.missing;
    return !isInGap && (isNear || !isMissed);
  };
  const now = points.at(-1)!;
  const kept = points.slice(0, -1).filter(({ at }, index) => isKept(at, index));
  const live: LiveSince = {
    at: new Date(liveAt).toISOString(),
    from: 'write',
    exact: story.live !== 'or-before',
  };
  return {
    read: { definition, reading: { kind: 'measured', source: 'prometheus', now, past: kept } },
    live: story.live === 'unknown' ? undefined : live,
    right: story.right,
  };
}
