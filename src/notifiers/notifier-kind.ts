import type * as z from 'zod';
import type { SettingsFrom } from '../schema-parts/settings.ts';
import type { SecretResolver } from '../secrets/index.ts';
import type { Notifier } from './notifier.ts';

/** What can be set of every receiver. */
export interface ReceiverSettings {
  /** Name in the ledger; where nobody gives one it is the kind, numbered from the second on. */
  readonly name?: string;
  /** Time-out of one message. */
  readonly timeoutMs: number;
}

/** The settings of a receiver that has its name. */
export type Named<Settings extends ReceiverSettings> = Omit<Settings, 'name'> & { readonly name: string };

/** One kind of receiver: what can be set, and how it is told. A folder exports one of these. */
export interface NotifierKind<Settings extends ReceiverSettings = ReceiverSettings> {
  /** Its section of an entry of `notify:` in runbook.yaml, with every default. */
  readonly settings: z.ZodType<Settings>;
  /** What it is, for people: the description of its key. */
  readonly describedAs: string;
  /** A receiver. Secrets are read when a message is sent. */
  create(settings: Named<Settings>, secrets: SecretResolver): Notifier;
}

/** A kind whose settings are what its schema gives. */
export function notifierKind<Schema extends z.ZodType<ReceiverSettings>>(
  kind: NotifierKind<SettingsFrom<Schema>> & { readonly settings: Schema },
) {
  return kind;
}
