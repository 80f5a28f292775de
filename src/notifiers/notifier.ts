import type { RunOutcome } from '../domain/ledger.ts';

/** What people are told: runbook section 7.1 (when, to which version, impact before and after). */
export interface Notification {
  /** Same for every attempt of the same message: receivers may use it to drop a repetition. */
  readonly idempotencyKey: string;
  readonly service: string;
  readonly environment: string;
  readonly outcome: RunOutcome;
  /** One sentence. */
  readonly headline: string;
  /** Lines of detail: versions, reason, verdicts, who asked. */
  readonly lines: readonly string[];
  readonly at: string;
  readonly workflowId: string;
  readonly runId: string;
  /** Address of the run in the Temporal UI, when the worker knows it. */
  readonly link?: string;
}

/** One receiver. One vendor a file; knows no Temporal. */
export interface Notifier {
  /** Name in the profile, for example `slack`. */
  readonly name: string;
  /** Throws `RunbookError` `NotificationFailed` or `SecretUnavailable`. */
  send(notification: Notification, signal: AbortSignal): Promise<void>;
}
