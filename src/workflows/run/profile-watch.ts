import { announceProfileChange } from '../../domain/ledger/announce.ts';
import type { LedgerEntry } from '../../domain/ledger/ledger.ts';
import { profileChangeAt } from '../../domain/ledger/profile-change.ts';
import type { Notifications } from '../people/notifications.ts';
import type { RunLedger } from './step/ledger.ts';

/** Looks at how a step has ended. */
export type WatchProfile = (entry: LedgerEntry) => void;

/**
 * Tells and records when a step was carried out with another profile than the one before: a worker was restarted with
 * another runbook.yaml in the middle of the run, and what is checked, where, and who is told may be another. Steps of older
 * histories do not say which profile they had.
 */
export function watchProfile(ledger: RunLedger, notifications: () => Notifications): WatchProfile {
  let last: string | undefined;
  return (entry) => {
    const report = ledger.report();
    const { request } = report;
    const change = profileChangeAt(entry, request, last);
    last = entry.profile ?? last;
    if (!change || !request || !last) return;
    const { at, summary } = ledger.record(change);
    // What is noticed while people are told how the run ended stands in the record.
    if (report.outcome === 'running') {
      notifications().tell(announceProfileChange(report, request, { at, summary }, last));
    }
  };
}
