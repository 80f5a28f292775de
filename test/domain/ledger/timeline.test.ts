import { describe, expect, it } from 'vitest';
import type { LedgerEntry } from '../../../src/domain/ledger/ledger.ts';
import { timelineOf } from '../../../src/domain/ledger/timeline.ts';
import type { RunEvent } from '../../../src/domain/people/events.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
const step = (name: LedgerEntry['step'], finished: number) =>
  ({ step: name, finishedAt: at(finished) }) as LedgerEntry;
const event = (summary: string, second: number): RunEvent => ({ kind: 'note', summary, at: at(second) });
const told = (...parts: Parameters<typeof timelineOf>) =>
  timelineOf(...parts).map((moment) => moment.step?.step ?? moment.event?.summary);

describe('the story of a run', () => {
  it('has steps and events in the order in which they happened', () => {
    const steps = [step('plan', 2), step('roll-back', 5)];
    expect(told(steps, [event('a', 1), event('b', 3), event('c', 9)])).toEqual([
      'a',
      'plan',
      'b',
      'roll-back',
      'c',
    ]);
  });

  it('keeps the order of the steps and that of the events where the clocks differ', () => {
    const steps = [step('plan', 5), step('roll-back', 2)];
    expect(told(steps, [event('a', 6), event('b', 1)])).toEqual(['plan', 'roll-back', 'a', 'b']);
  });

  it('has a step before what its end has led to at the same instant', () => {
    expect(told([step('plan', 2)], [event('asked because of it', 2)])).toEqual([
      'plan',
      'asked because of it',
    ]);
  });

  it('is that of the steps alone for a run that has no events', () => {
    expect(told([step('plan', 1)])).toEqual(['plan']);
  });

  it('leaves the lists of the run as they are', () => {
    const events = [event('a', 1)];
    timelineOf([step('plan', 2)], events);
    expect(events).toHaveLength(1);
  });
});
