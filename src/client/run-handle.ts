import type { WorkflowHandle } from '@temporalio/client';
import type { RunReport } from '../domain/ledger/ledger.ts';

/** A run of the runbook: its workflow's type. */
export type RunWorkflow = () => Promise<RunReport>;

/** A run that was started, or joined; its result is the report. */
export interface RunHandle extends WorkflowHandle<RunWorkflow> {
  readonly runId: string;
  /** True when the run was under way already and has taken what the request knew. */
  readonly joined: boolean;
}
