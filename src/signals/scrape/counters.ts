import type { Instance } from '../../domain/versions/pins.ts';
import { type Exposition, totalOf } from './exposition.ts';
import type { MetricNames } from './metric-names.ts';

/** What one instance has counted since its process began. */
export interface Counters {
  readonly plansStarted: number;
  readonly plansFailed: number;
  readonly agentFailures: number;
  /** Sum and number of the measured task durations; sums are cumulative, quantiles are not (service contract, 6.3). */
  readonly taskSeconds: number;
  readonly tasks: number;
}

/** What one instance has counted, at one probe. */
export interface InstanceCounters {
  readonly instance: Instance;
  readonly counters: Counters;
}

export const NOTHING: Counters = {
  plansStarted: 0,
  plansFailed: 0,
  agentFailures: 0,
  taskSeconds: 0,
  tasks: 0,
};

/** The counters of an exposition of this service; an absent one is 0 (service contract, 6.3). */
export function countersOf(
  exposition: Exposition,
  names: MetricNames,
): Counters | { readonly problem: string } {
  const counters: Counters = {
    plansStarted: totalOf(exposition, names.planStarted) ?? 0,
    plansFailed: totalOf(exposition, names.planFailed) ?? 0,
    agentFailures: totalOf(exposition, names.agentFailures) ?? 0,
    taskSeconds: totalOf(exposition, `${names.taskDuration}_sum`) ?? 0,
    tasks: totalOf(exposition, `${names.taskDuration}_count`) ?? 0,
  };
  const counts = Object.values(counters).every((value) => Number.isFinite(value) && value >= 0);
  return counts ? counters : { problem: 'a counter is no number' };
}

/** What all instances have counted since their processes began. */
export function totals(all: readonly InstanceCounters[]): Counters {
  return all.map(({ counters }) => counters).reduce(add, NOTHING);
}

/**
 * What was counted between two probes. A counter starts at 0 with each process (service contract, 6.3): an
 * instance that restarted, or began after the last probe, has counted all it shows since then.
 */
export function growthOf(before: readonly InstanceCounters[], now: readonly InstanceCounters[]): Counters {
  return now
    .map(({ instance, counters }) => {
      const last = before.find((earlier) => earlier.instance.uid === instance.uid);
      if (!last || last.instance.restarts !== instance.restarts) return counters;
      return map(counters, (name) => {
        const [value, previous] = [counters[name], last.counters[name]];
        return value < previous ? value : value - previous;
      });
    })
    .reduce(add, NOTHING);
}

/** Both together. */
export function add(a: Counters, b: Counters): Counters {
  return map(a, (name) => a[name] + b[name]);
}

function map(counters: Counters, of: (name: keyof Counters) => number): Counters {
  const names = Object.keys(counters) as (keyof Counters)[];
  return Object.fromEntries(names.map((name) => [name, of(name)])) as unknown as Counters;
}
