import type { RunReport } from '../domain/ledger/ledger.ts';
import type { RunEvent } from '../domain/people/events.ts';

/** A line of the ledger as history has it. */
export interface AuditedEvent extends RunEvent {
  /** Identity of the Temporal client that sent it: a name that people type is not proved by this, and this is not typed. */
  readonly sentBy?: string;
}

/** A report whose events may know who really sent them. */
export type AuditedReport = Omit<RunReport, 'events'> & { readonly events?: readonly AuditedEvent[] };
