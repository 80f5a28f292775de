import type { LedgerEntry, RunReport } from '../domain/ledger/ledger.ts';
import { type RunEvent, UNANSWERED } from '../domain/people/events.ts';

type Story = Pick<RunReport, 'ledger' | 'events'>;

/**
 * Whether two reports tell the same: the same steps with the same ends in the same order, and what people said in the
 * same order. Times are measured by different clocks, and what a run noticed by itself stands in history in other words.
 */
export function isSameStory(one: Story, other: Story): boolean {
  return (
    isSame(one.ledger.map(essenceOfStep), other.ledger.map(essenceOfStep)) &&
    isSame(saidBy(one).map(essenceOfEvent), saidBy(other).map(essenceOfEvent)) &&
    agreeOnDeadlines(defaultsIn(one), defaultsIn(other))
  );
}

/** Answers that were taken because nobody gave one in time. */
function defaultsIn({ events = [] }: Story): readonly RunEvent[] {
  return events.filter(
    ({ kind, by, summary }) => kind === 'decision' && by === undefined && summary.endsWith(UNANSWERED),
  );
}

/** Older histories do not say which answer it was: there is nothing to compare then. */
function agreeOnDeadlines(left: readonly RunEvent[], right: readonly RunEvent[]): boolean {
  const isOpen = [...left, ...right].some(({ answer }) => answer === undefined);
  return isOpen || isSame(left.map(essenceOfEvent), right.map(essenceOfEvent));
}

function essenceOfStep({ step, outcome, verdict, receiver, about, error, check }: LedgerEntry): string {
  return JSON.stringify([step, outcome, verdict, receiver, about, error?.type, check]);
}

/** Events that somebody sent; a broken glass comes from the request. */
function saidBy({ events = [] }: Story): readonly RunEvent[] {
  return events.filter(({ by, kind }) => by !== undefined && kind !== 'break-glass');
}

function essenceOfEvent({ kind, by, summary, reason, answer }: RunEvent): string {
  return JSON.stringify([kind, by, summary, reason, answer]);
}

function isSame(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((entry, index) => entry === right[index]);
}
