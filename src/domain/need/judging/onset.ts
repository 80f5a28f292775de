import type { Series } from './series.ts';

/** Time for which it cannot be said that it was bad: values that were normal, or none. */
interface Hole {
  readonly from: number;
  readonly to: number;
}

/** Since when it is bad, as sharp as the points are. */
export interface Onset {
  /** Place of the first bad point of those that are bad until now. */
  readonly index: number;
  /** When that point is: it was bad by then. */
  readonly by: number;
  /** When it was last not bad; undefined: it was bad as far back as is known. */
  readonly after?: number;
  /** Where the bad points do not follow on each other. */
  readonly holes: readonly Hole[];
}

/**
 * The first time after which it is bad for good until now. Normal points in between do not end it while they are of less than a
 * window: values less than a window apart are made of the same events, so only a window of them is a measurement of its own. Where
 * nothing is known it goes on, because missing values are no recovery. Both are told as holes.
 */
export function onsetOf({ points, stepMs }: Series, threshold: number, windowMs: number): Onset {
  let index = points.length - 1;
  const holes: Hole[] = [];
  for (let earlier = index - 1; earlier >= 0; earlier -= 1) {
    if (points[earlier]!.value <= threshold) continue;
    const hole = { from: points[earlier]!.at, to: points[index]!.at };
    const normal = index - earlier - 1;
    if (normal > 0) {
      const normalMs = points[index - 1]!.at - points[earlier + 1]!.at + stepMs;
      if (normalMs > windowMs) break;
      holes.push(hole);
    } else if (hole.to - hole.from > windowMs + stepMs) holes.push(hole);
    index = earlier;
  }
  const after = points[index - 1]?.at;
  return { index, by: points[index]!.at, ...(after === undefined ? {} : { after }), holes };
}
