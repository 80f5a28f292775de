import { RunbookError } from '../domain/errors.ts';
import type { Dependencies } from './dependencies.ts';
import { stepActivity } from './step.ts';

/**
 * Runbook 7.2: the incident record, made from what really ran.
 *
 * Reads: the report, by the run's own query: it is too large to travel through history once more.
 * Writes: one Markdown and one JSON file in the worker's records folder.
 * Result: their paths and the hash of the JSON.
 * Errors: `RecordFailed` is tried again, except for a report of another run.
 * Safe to retry: the names come from the activity's own workflow and run id, and each file is replaced as a whole.
 */
export function recordIncident(deps: Dependencies) {
  return stepActivity(async ({ readReport, workflowId, runId }) => {
    const report = await readReport();
    // Whoever asks answers the query too: a run can only have a record of its own.
    if (report.workflowId !== workflowId || report.runId !== runId) {
      throw new RunbookError(
        'RecordFailed',
        `the report of ${workflowId} is of another run; nothing was written`,
        {
          retryable: false,
        },
      );
    }
    const value = await deps.writeRecord(report);
    return { value, summary: value.markdown };
  });
}
