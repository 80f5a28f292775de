import type { RunReport } from '../domain/ledger.ts';
import type { Dependencies } from './dependencies.ts';
import { stepActivity } from './step.ts';

/**
 * Runbook 7.2: the incident record, made from what really ran.
 *
 * Reads: the report, which is the ledger of this run.
 * Writes: one Markdown and one JSON file in the worker's records folder.
 * Result: their paths and the hash of the JSON.
 * Errors: `RecordFailed` is tried again.
 * Safe to retry: the names come from workflow and run id, and each file is replaced as a whole.
 */
export function recordIncident(deps: Dependencies) {
  return stepActivity(async (_context, report: RunReport) => {
    const value = await deps.writeRecord(report);
    return { value, summary: value.markdown };
  });
}
