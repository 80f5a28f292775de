import { appendFile } from 'node:fs/promises';

/** One row of docs/reliability.md: what was done to the parts, how often, and how often the run ended right. */
export interface Row {
  /** Table that the row belongs to, for example `worker killed`. */
  readonly family: string;
  /** What was done: `kill -9 before the PATCH is forwarded`. */
  readonly fault: string;
  /** `Kubernetes`: a Deployment. */
  readonly target: 'Kubernetes' | 'StatefulSet' | 'DaemonSet' | 'Compose' | 'both';
  /** What is documented to happen, and was demanded: `rolled back, one write`. */
  readonly ends: string;
  readonly runs: number;
  /** Runs that ended exactly so. */
  readonly right: number;
  /** When it was run, as `2026-01-31`; none for a row of now. */
  readonly day?: string;
}

/** Whether everything is gone through (`npm run test:faults`), or the short form that `npm test` has time for. */
export const EVERYTHING = process.env.RUNBOOK_FAULTS === 'everything';

/** Keeps a row for the tables, when somebody collects them: a line of JSON in the file that `RUNBOOK_FAULT_ROWS` names. */
export async function countRow(row: Row): Promise<void> {
  const file = process.env.RUNBOOK_FAULT_ROWS;
  if (file) await appendFile(file, `${JSON.stringify(row)}\n`);
}
