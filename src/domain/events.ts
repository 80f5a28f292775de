import type { Answer } from './answers.ts';
import type { Instant } from './json.ts';
import type { StepId } from './steps.ts';

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
  'cancellation',
  'follow-through',
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
