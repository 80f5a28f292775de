import { activityInfo, getClient } from '@temporalio/activity';
import type { RunStart } from '../domain/request/start.ts';

/** What the Temporal server says of a run. */
export interface ServerRun {
  readonly runId: string;
  readonly type: string;
  readonly isOpen: boolean;
  /** The run that goes on in its place since it was reset; the latest one. */
  readonly resetTo?: string;
  /** The run that started it as its child. */
  readonly parent?: { readonly workflowId: string; readonly runId: string };
}

/** What the server says of a run; undefined when there is none of these ids. */
export async function readRun(workflowId: string, runId?: string): Promise<ServerRun | undefined> {
  try {
    const seen = await getClient().workflow.getHandle(workflowId, runId).describe();
    const parent = seen.parentExecution as ServerRun['parent'];
    const resetTo = seen.raw.workflowExtendedInfo?.resetRunId;
    return {
      runId: seen.runId,
      type: seen.type,
      isOpen: seen.status.name === 'RUNNING',
      ...(resetTo ? { resetTo } : {}),
      ...(parent ? { parent } : {}),
    };
  } catch (error) {
    if ((error as Error).name === 'WorkflowNotFoundError') return undefined;
    throw error;
  }
}

/** Terminates one run, and no other of its workflow id. One that has closed meanwhile stays as it is. */
export async function terminateRun(workflowId: string, runId: string, reason: string): Promise<void> {
  try {
    await getClient().workflow.getHandle(workflowId, runId).terminate(reason);
  } catch (error) {
    if ((error as Error).name !== 'WorkflowNotFoundError') throw error;
  }
}

/** What a Temporal Schedule writes on the runs that it starts: when it wanted them. */
const SCHEDULED_AT = 'TemporalScheduledStartTime';

/**
 * How the run of this activity was started. Workflow code does not see when a delayed or scheduled start was due, and
 * what it is told may be as old as its first worker: the server knows.
 */
export async function readStart(): Promise<RunStart> {
  const { workflowExecution, activityId } = activityInfo();
  const { workflowId = '', runId = '' } = workflowExecution ?? {};
  const client = getClient();
  const [seen, { history }] = await Promise.all([
    client.workflow.getHandle(workflowId, runId).describe(),
    client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId, runId },
      maximumPageSize: 1,
    }),
  ]);
  const started = history?.events?.[0]?.workflowExecutionStartedEventAttributes ?? {};
  const { retryPolicy, cronSchedule, continuedExecutionRunId } = started;
  const wasReset = Boolean(seen.raw.workflowExtendedInfo?.lastResetTime);
  const [scheduledAt] = wasReset ? [] : (seen.searchAttributes[SCHEDULED_AT] ?? []);
  const dueAt = (seen.executionTime ?? seen.startTime).getTime();
  const pending = seen.raw.pendingActivities?.find((one) => one.activityId === activityId);
  const executionTimeoutMs = msOf(started.workflowExecutionTimeout);
  const runTimeoutMs = msOf(started.workflowRunTimeout);
  return {
    dueAt: scheduledAt instanceof Date ? Math.min(dueAt, scheduledAt.getTime()) : dueAt,
    servedAt: msOf(pending?.lastStartedTime) ?? Date.now(),
    inputs: started.input?.payloads?.length ?? 0,
    ...(executionTimeoutMs === undefined ? {} : { executionTimeoutMs }),
    ...(runTimeoutMs === undefined ? {} : { runTimeoutMs }),
    isRetried: Boolean(retryPolicy) && retryPolicy?.maximumAttempts !== 1,
    ...(cronSchedule ? { cron: cronSchedule } : {}),
    isRepetition: Boolean(continuedExecutionRunId),
  };
}

/** Duration or time of the protocol in milliseconds; undefined for one that is not set. */
function msOf(
  value: { readonly seconds?: unknown; readonly nanos?: number | null } | null | undefined,
): number | undefined {
  if (!value) return undefined;
  const ms = Number(value.seconds ?? 0) * 1000 + (value.nanos ?? 0) / 1e6;
  return ms > 0 ? ms : undefined;
}
