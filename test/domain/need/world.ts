import type { SignalDefinition, SignalPoint } from '../../../src/domain/need/signals.ts';

/** Events are counted in parts of so many ms. */
const PART_MS = 7_500;

/** What is measured of a service whose truth is known: events at a rate, each with a value, counted over a window at every step. */
export interface World {
  readonly kind: 'ratio' | 'mean' | 'rate';
  /** Events a second. */
  readonly traffic: number;
  /** Share of events that count, mean of what they take in seconds, or part of the traffic that comes through, at a time. */
  readonly level: (at: number) => number;
  readonly definition: SignalDefinition;
  readonly stepMs: number;
  readonly from: number;
  readonly to: number;
  /** Processes end at these times: what they have counted since the last part is lost, and counters begin at 0. */
  readonly restarts: readonly number[];
  /** The clock of the source is ahead by so much. */
  readonly aheadMs: number;
  readonly seed: number;
}

/** The values that a source has of it, oldest first; the last is that of now. */
export function seriesIn(world: World): readonly SignalPoint[] {
  const { definition, from, to, stepMs, kind } = world;
  const { windowMs } = definition;
  const parts = partsOf(world);
  const inWindow = (index: number) => {
    const span = Math.round(windowMs / PART_MS);
    const [end, start] = [parts[index], parts[Math.max(0, index - span)]];
    return end && start ? { events: end.events - start.events, sum: end.sum - start.sum } : undefined;
  };
  const points: SignalPoint[] = [];
  for (let at = to; at >= from + windowMs; at -= stepMs) {
    const counted = inWindow(parts.length - 1 - Math.round((to - at) / PART_MS));
    if (!counted || (kind !== 'rate' && counted.events <= 0)) continue;
    const value = kind === 'rate' ? counted.events / (windowMs / 1000) : counted.sum / counted.events;
    points.push({ at: at + world.aheadMs, value, samples: Math.round(counted.events) });
  }
  return points.toReversed();
}

/** Events and their sum since the beginning, at the end of each part; resets are taken out, as a source does it. */
function partsOf({ kind, traffic, level, from, to, restarts, seed }: World) {
  const random = randomOf(seed);
  const totals = [{ events: 0, sum: 0 }];
  const count = Math.floor((to - from) / PART_MS);
  for (let part = 1; part <= count; part += 1) {
    const at = to - (count - part) * PART_MS;
    const last = totals.at(-1)!;
    const x = level(at - PART_MS / 2);
    const mean = (traffic * PART_MS) / 1000;
    const isLost = restarts.some((restart) => restart > at - PART_MS && restart <= at);
    const events = isLost ? 0 : poisson(kind === 'rate' ? mean * x : mean, random);
    // What takes time differs by half of its mean from event to event.
    const sum =
      kind === 'ratio'
        ? binomial(events, x, random)
        : Math.max(0, events * x + 0.5 * x * Math.sqrt(events) * normal(random));
    totals.push({ events: last.events + events, sum: last.sum + sum });
  }
  return totals;
}

/** Numbers from 0 to 1, the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 0.5) / 4_294_967_296;
  };
}

function normal(random: () => number): number {
  return Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
}

function poisson(mean: number, random: () => number): number {
  if (mean > 30) return Math.max(0, Math.round(mean + Math.sqrt(mean) * normal(random)));
  const end = Math.exp(-mean);
  let events = 0;
  for (let product = random(); product > end; product *= random()) events += 1;
  return events;
}

function binomial(events: number, share: number, random: () => number): number {
  const rare = Math.min(share, 1 - share);
  let drawn = 0;
  if (events * rare < 15) {
    // As many draws as there are events of the rarer kind, and one: the gaps between them are geometric.
    for (let at = gap(rare, random); at <= events; at += gap(rare, random)) drawn += 1;
  } else {
    const deviation = Math.sqrt(events * rare * (1 - rare));
    drawn = Math.min(events, Math.max(0, Math.round(events * rare + deviation * normal(random))));
  }
  return share === rare ? drawn : events - drawn;
}

function gap(share: number, random: () => number): number {
  return share < 1e-9 ? Number.POSITIVE_INFINITY : 1 + Math.floor(Math.log(random()) / Math.log1p(-share));
}
