import type { JudgedSignal } from '../../../src/domain/need/assessment.ts';
import { judgeSignal } from '../../../src/domain/need/judge-signal.ts';
import type {
  LiveSince,
  SignalDefinition,
  SignalPoint,
  SignalReading,
} from '../../../src/domain/need/signals.ts';

export const MINUTE = 60_000;
/** Now. */
export const NOW = Date.parse('2026-11-23T03:00:00.000Z');

const PLANS: SignalDefinition = {
  id: 'plan-failure-ratio',
  title: 'failed plans',
  unit: 'ratio',
  windowMs: 5 * MINUTE,
  minSamples: 20,
  worse: 'higher',
  decides: true,
};
const GROWTH = { growth: 3, noise: 0.01 };
export const BY_LIMIT: SignalDefinition = { ...PLANS, limit: 0.05 };
export const BY_GROWTH: SignalDefinition = { ...PLANS, ...GROWTH };
export const FAILED_PLANS: SignalDefinition = { ...BY_LIMIT, ...GROWTH };
/** Lower is worse. */
export const ANSWERS: SignalDefinition = {
  ...PLANS,
  title: 'answers',
  unit: 'per-second',
  worse: 'lower',
  growth: 2,
  noise: 1,
};

/** So many minutes before now. */
export function ago(minutes: number): number {
  return NOW - minutes * MINUTE;
}

export function liveAgo(minutes: number, exact = true): LiveSince {
  return { at: new Date(ago(minutes)).toISOString(), from: 'rollout', exact };
}

/** A value a minute, from so many minutes before now until one before it. */
export function past(from: number, value: (ago: number) => number | undefined): readonly SignalPoint[] {
  return Array.from({ length: from }, (_, index) => from - index).flatMap((minutes) => {
    const known = value(minutes);
    return known === undefined ? [] : [{ at: ago(minutes), value: known }];
  });
}

export function measured(now: number | Partial<SignalPoint>, points: readonly SignalPoint[]): Measured {
  const given = typeof now === 'number' ? { value: now } : now;
  return { kind: 'measured', source: 'prometheus', now: { at: NOW, value: 0, ...given }, past: points };
}

type Measured = Extract<SignalReading, { kind: 'measured' }>;

export interface Given {
  readonly definition?: SignalDefinition;
  readonly reading: SignalReading;
  /** Minutes before now; undefined: not known. */
  readonly live?: LiveSince | undefined;
  readonly recorded?: number;
}

export function judged({ definition = FAILED_PLANS, reading, live, recorded }: Given): JudgedSignal {
  return judgeSignal(
    { definition, reading },
    {
      at: NOW,
      version: '0.2.0',
      ...(live === undefined ? {} : { live }),
      ...(recorded === undefined ? {} : { recorded }),
    },
  );
}
