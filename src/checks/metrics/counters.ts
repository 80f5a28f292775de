import type { Instance } from '../../domain/versions/pins.ts';
import type { Counters } from './scrape.ts';

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
