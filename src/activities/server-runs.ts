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

/** grpc.status.NOT_FOUND */
const GRPC_NOT_FOUND = 5;
/** temporal.api.enums.v1.WorkflowExecutionStatus: running. */
const RUNNING = 1;

/** As the server has it, undecoded: a memo may be of an encoding that nobody here knows. */
async function describe(workflowId: string, runId: string | undefined) {
  const { workflowService, options } = getClient();
  const { namespace } = options;
  return workflowService.describeWorkflowExecution({
    namespace,
    execution: { workflowId, ...(runId ? { runId } : {}) },
  });
}

/** What the server says of a run; undefined when there is none of these ids. */
export async function readRun(workflowId: string, runId?: string): Promise<ServerRun | undefined> {
  try {
    const seen = await describe(workflowId, runId);
    const { execution, type, status, parentExecution: parent } = seen.workflowExecutionInfo ?? {};
    const resetTo = seen.workflowExtendedInfo?.resetRunId;
    return {
      runId: execution?.runId ?? '',
      type: type?.name ?? '',
      isOpen: status === RUNNING,
      ...(resetTo ? { resetTo } : {}),
      ...(parent?.workflowId && parent.runId
        ? { parent: { workflowId: parent.workflowId, runId: parent.runId } }
        : {}),
    };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === GRPC_NOT_FOUND) return undefined;
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
    describe(workflowId, runId),
    client.workflowService.getWorkflowExecutionHistory({
      namespace: client.options.namespace,
      execution: { workflowId, runId },
      maximumPageSize: 1,
    }),
  ]);
  const started = history?.events?.[0]?.workflowExecutionStartedEventAttributes ?? {};
  const { retryPolicy, cronSchedule, continuedExecutionRunId } = started;
  const { executionTime, startTime, searchAttributes } = seen.workflowExecutionInfo ?? {};
  const wasReset = Boolean(seen.workflowExtendedInfo?.lastResetTime);
  const scheduled = wasReset ? undefined : searchAttributes?.indexedFields?.[SCHEDULED_AT]?.data;
  const scheduledAt = scheduled ? Date.parse(String(parsed(scheduled))) : Number.NaN;
  const dueAt = msOf(executionTime) ?? msOf(startTime) ?? Date.now();
  const pending = seen.pendingActivities?.find((one) => one.activityId === activityId);
  const executionTimeoutMs = msOf(started.workflowExecutionTimeout);
  const runTimeoutMs = msOf(started.workflowRunTimeout);
  const parent = seen.workflowExecutionInfo?.parentExecution;
  return {
    dueAt: Number.isNaN(scheduledAt) ? dueAt : Math.min(dueAt, scheduledAt),
    servedAt: msOf(pending?.lastStartedTime) ?? Date.now(),
    inputs: started.input?.payloads?.length ?? 0,
    ...(executionTimeoutMs === undefined ? {} : { executionTimeoutMs }),
    ...(runTimeoutMs === undefined ? {} : { runTimeoutMs }),
    isRetried: Boolean(retryPolicy) && retryPolicy?.maximumAttempts !== 1,
    ...(cronSchedule ? { cron: cronSchedule } : {}),
    isRepetition: Boolean(continuedExecutionRunId),
    ...(parent?.workflowId && parent.runId
      ? { parent: { workflowId: parent.workflowId, runId: parent.runId } }
      : {}),
  };
}

/** A search attribute is written as JSON: a time in RFC 3339. */
function parsed(data: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(data));
  } catch {
    return undefined;
  }
}

/** Duration or time of the protocol in milliseconds; undefined for one that is not set. */
function msOf(
  value: { readonly seconds?: unknown; readonly nanos?: number | null } | null | undefined,
): number | undefined {
  if (!value) return undefined;
  const ms = Number(value.seconds ?? 0) * 1000 + (value.nanos ?? 0) / 1e6;
  return ms > 0 ? ms : undefined;
}
