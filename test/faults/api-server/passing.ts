import { expect } from 'vitest';
import {
  afterwards,
  apiStatus,
  brokenJson,
  type Fault,
  hang,
  hangUp,
  refuse,
  reset,
} from '../../../sandbox/faults/index.ts';
import { entryOf, type FaultCase, ROLLED_BACK } from './case.ts';
import { PATCH, POD_WATCH, PODS, POINTS, type Point, RECORD, REVIEW, SNAPSHOT, WATCH } from './points.ts';

/** A fault that ends by itself. */
interface Passing {
  readonly what: string;
  readonly fault: Fault;
  readonly times: number;
  /** Points of the short form. */
  readonly short?: readonly Point[];
  readonly not?: (point: Point) => boolean;
}

/** How long a server asks to be left alone, in seconds. */
const RETRY_AFTER = 2;
/** Clocks of two processes, and timers that fire a little early. */
const TOLERANCE_MS = 20;

const PASSING: readonly Passing[] = [
  { what: 'refuses connections for 1.5 s', fault: refuse(1_500), times: 1, short: [REVIEW] },
  { what: 'closes the connection twice', fault: hangUp, times: 2, short: [PODS] },
  { what: 'resets the connection twice', fault: reset, times: 2, short: [WATCH] },
  { what: 'answers 500 twice', fault: apiStatus(500), times: 2, short: [SNAPSHOT] },
  { what: 'answers 503 twice', fault: apiStatus(503), times: 2, short: [PATCH] },
  { what: 'answers 504 twice', fault: apiStatus(504), times: 2 },
  { what: 'never answers a request', fault: hang, times: 1 },
  { what: 'breaks off its answer twice', fault: brokenJson, times: 2, not: ({ watch }) => watch === true },
];

/** The server fails at a request for a while, and does nothing meanwhile. */
export const passing: readonly FaultCase[] = PASSING.flatMap(({ what, fault, times, short = [], not }) =>
  POINTS.filter((point) => !not?.(point)).map((point) => ({
    fault: `${what} at ${point.at}`,
    end: ROLLED_BACK,
    short: short.includes(point),
    ...(point.deployed ? { deployed: point.deployed } : {}),
    arm({ proxy }) {
      const rule = proxy.rule({ ...point.match, times }, fault);
      // A write whose answer was broken off was made, and half of a 404 is a 404: neither is asked a second time.
      const hits = fault === brokenJson ? 1 : times;
      return () => expect(rule.hits.length).toBeGreaterThanOrEqual(hits);
    },
  })),
);

/** The server does not come back: the run gives up when the budget of a step is spent. */
export const lasting: readonly FaultCase[] = [
  {
    fault: `refuses connections for good from ${REVIEW.at} on`,
    // People hear of the phase's budget before the step's is spent.
    end: { error: 'Unreachable', writes: 0, told: 2, also: 'after the budget of the step' },
    withinMs: 400_000,
    arm({ proxy }) {
      const rule = proxy.rule(REVIEW.match, refuse(3_600_000));
      return (report) => {
        expect(rule.hits).toHaveLength(1);
        expect(entryOf(report, 'check-access').attempts).toBeGreaterThan(20);
      };
    },
  },
];

/** 429 for as long as `Retry-After` says: whoever was told so does not ask again before. */
export const rateLimited: readonly FaultCase[] = POINTS.map((point) => ({
  fault: `answers 429 with Retry-After at ${point.at}`,
  end: { ...ROLLED_BACK, also: 'after the wait' },
  short: [WATCH, PATCH].includes(point),
  ...(point.deployed ? { deployed: point.deployed } : {}),
  arm({ proxy }) {
    const [refused, taken]: [number[], number[]] = [[], []];
    proxy.rule(point.match, (intercepted) => {
      const { at } = intercepted.request;
      const isOver = at - (refused[0] ?? at) >= RETRY_AFTER * 1000 - TOLERANCE_MS;
      (isOver ? taken : refused).push(at);
      return isOver ? intercepted.pass() : apiStatus(429, 'slow down', RETRY_AFTER)(intercepted);
    });
    return () => {
      expect(refused.length).toBeGreaterThanOrEqual(1);
      expect(refused.length).toBeLessThanOrEqual(point.askers ?? 1);
      // A rollout may be over before pods are watched again.
      if (point !== POD_WATCH) expect(taken.length).toBeGreaterThanOrEqual(1);
    };
  },
}));

const LOST: readonly { readonly what: string; readonly fault: Fault; readonly short?: readonly Point[] }[] = [
  { what: 'answers 504', fault: apiStatus(504), short: [PATCH] },
  { what: 'resets the connection', fault: reset, short: [RECORD] },
  { what: 'never answers', fault: hang },
];

/** The write was made and the answer to it is lost: it is found, not made again. */
export const lostAnswers: readonly FaultCase[] = LOST.flatMap(({ what, fault, short = [] }) =>
  POINTS.filter(({ writes }) => writes).map((point) => ({
    fault: `carries out the write and then ${what} at ${point.at}`,
    end: ROLLED_BACK,
    short: short.includes(point),
    ...(point.deployed ? { deployed: point.deployed } : {}),
    arm({ proxy }) {
      const rule = proxy.rule({ ...point.match, times: 1 }, afterwards(fault));
      return (report) => {
        expect(rule.hits).toHaveLength(1);
        expect(entryOf(report, 'roll-back').changed).toBe(true);
        expect(entryOf(report, 'record-known-good').outcome).toBe('completed');
      };
    },
  })),
);
