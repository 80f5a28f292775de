import type { Announcement } from '../domain/ledger/announce.ts';

/** An announcement on its way to one receiver. */
export interface Notification extends Announcement {
  /** Same for every attempt of the same message: receivers may use it to drop a repetition. */
  readonly idempotencyKey: string;
  readonly workflowId: string;
  readonly runId: string;
  /** Address of the run in the Temporal UI, when the worker knows it. */
  readonly link?: string;
}

/** One receiver. One vendor a folder; knows no Temporal. */
export interface Notifier {
  /** Name in the profile, for example `slack`. */
  readonly name: string;
  /** Throws `RunbookError` `NotificationFailed` or `SecretUnavailable`. */
  send(notification: Notification, signal: AbortSignal): Promise<void>;
}
