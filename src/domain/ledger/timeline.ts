import type { RunEvent } from '../people/events.ts';
import type { LedgerEntry } from './ledger.ts';

/** One line of a run's story: a step that ended, or what happened beside the steps. */
export type StoryLine<E extends RunEvent = RunEvent> =
  | { readonly at: string; readonly step: LedgerEntry; readonly event?: never }
  | { readonly at: string; readonly event: E; readonly step?: never };

/**
 * Steps and events together, by the time at which each stood in the ledger. The steps keep their order, and so do the
 * events: their clocks (the workers' and the server's) differ by a little, what happened first does not.
 */
export function timelineOf<E extends RunEvent>(
  ledger: readonly LedgerEntry[],
  events: readonly E[] = [],
): readonly StoryLine<E>[] {
  const line: StoryLine<E>[] = [];
  const left = [...events];
  for (const step of ledger) {
    const at = step.finishedAt;
    while (left[0] && Date.parse(left[0].at) < Date.parse(at)) {
      const [event] = left.splice(0, 1) as [E];
      line.push({ at: event.at, event });
    }
    line.push({ at, step });
  }
  return [...line, ...left.map((event) => ({ at: event.at, event }))];
}
