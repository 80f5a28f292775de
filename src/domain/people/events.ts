import type { Instant } from '../json.ts';
import type { ResolvedRun } from '../request/request.ts';
import type { Answer } from '../steps/answers.ts';
import type { StepId } from '../steps/steps.ts';

/** What can happen to a run beside its steps. */
export const EVENT_KINDS = [
  'decision-due',
  'decision',
  'approval-due',
  'approval',
  'rejection',
  'break-glass',
  'pause',
  'resume',
  'target-change',
  'check-repeat',
  'note',
  'evidence',
  'over-budget',
  'profile-change',
  'cancellation',
  'follow-through',
  'group',
] as const;
export type EventKind = (typeof EVENT_KINDS)[number];

/**
 * One line of the ledger that is no step: what a person decided, or what the run noticed about itself. Holds only what
 * was given, checked and without secrets.
 */
export interface RunEvent {
  readonly kind: EventKind;
  readonly at: Instant;
  /** Who; without it the run itself, by what is configured. */
  readonly by?: string;
  /** One sentence. */
  readonly summary: string;
  readonly reason?: string;
  readonly step?: StepId;
  readonly answer?: Answer;
}

/** Why a configured answer was taken where people had been asked. */
export const UNANSWERED = 'nobody has answered in time';

/** The event in one line: `ada: retry (the registry is back)`. */
export function inWords({ by, summary, reason }: Pick<RunEvent, 'by' | 'summary' | 'reason'>): string {
  return `${by ? `${by}: ` : ''}${summary}${reason ? ` (${reason})` : ''}`;
}

/** The line of a run that goes on without the approval that its profile requires. */
export function brokenGlassEvent(
  request: Pick<ResolvedRun, 'requestedBy' | 'severity' | 'breakGlass'>,
): Omit<RunEvent, 'at'> {
  return {
    kind: 'break-glass',
    ...(request.requestedBy ? { by: request.requestedBy } : {}),
    summary: `break-glass: goes on without approval (${request.severity})`,
    ...(request.breakGlass ? { reason: request.breakGlass } : {}),
  };
}

/** What anybody may send at any time, as often as they like. */
const UNASKED: readonly EventKind[] = ['note', 'evidence', 'pause', 'target-change', 'check-repeat', 'group'];
const UNASKED_LINES = 300;
const UNASKED_CHARACTERS = 200_000;

/**
 * Whether a run takes no more of what nobody has asked for: the report is the result of the run, and what is larger than
 * Temporal takes could not be handed over at its end.
 */
export function isFull(events: readonly RunEvent[] = []): boolean {
  const unasked = events.filter(({ kind }) => UNASKED.includes(kind));
  const characters = unasked.reduce(
    (sum, { summary, reason = '' }) => sum + summary.length + reason.length,
    0,
  );
  return unasked.length >= UNASKED_LINES || characters >= UNASKED_CHARACTERS;
}
