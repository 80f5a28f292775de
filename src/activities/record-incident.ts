import type { Dependencies } from './dependencies.ts';
import { stepActivity } from './step.ts';

/**
 * Runbook 7.2: the incident record, made from what really ran.
 *
 * Reads: the report, by the run's own query: it is too large to travel through history once more.
 * Writes: one Markdown and one JSON file in the worker's records folder.
 * Result: their paths and the hash of the JSON.
 * Errors: `RecordFailed` is tried again.
 * Safe to retry: the names come from workflow and run id, and each file is replaced as a whole.
 */
export function recordIncident(deps: Dependencies) {
  return stepActivity(async ({ readReport }) => {
    const value = await deps.writeRecord(await readReport());
    return { value, summary: value.markdown };
  });
}
