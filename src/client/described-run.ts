import {
  type Client,
  isGrpcServiceError,
  ServiceError,
  type WorkflowExecutionDescription,
} from '@temporalio/client';

/** gRPC status of what is not there: a run, or its namespace. */
const NOT_FOUND = 5;

/** As `temporal.api.enums.v1.WorkflowExecutionStatus` counts them. */
const STATUS_NAMES = [
  'UNSPECIFIED',
  'RUNNING',
  'COMPLETED',
  'FAILED',
  'CANCELLED',
  'TERMINATED',
  'CONTINUED_AS_NEW',
  'TIMED_OUT',
  'PAUSED',
] as const;

/** One run as the server has it. */
export interface DescribedRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly status: (typeof STATUS_NAMES)[number];
  readonly taskQueue: string;
  /** Events so far. */
  readonly historyLength: number;
  readonly startedAt: Date;
  /** Values that are no JSON are left out. */
  readonly searchAttributes: Readonly<Record<string, unknown>>;
}

type RawInfo = NonNullable<WorkflowExecutionDescription['raw']['workflowExecutionInfo']>;

/**
 * What the server says of a run, undecoded: whoever starts one from the UI or with another converter may have given it a memo
 * that nobody here can read, and that is no reason not to show it.
 * @throws WorkflowNotFoundError, NamespaceNotFoundError, ServiceError: as `WorkflowHandle.describe`.
 */
export async function describeRun(
  client: Client,
  workflowId: string,
  runId?: string,
): Promise<DescribedRun & { readonly raw: WorkflowExecutionDescription['raw'] }> {
  try {
    const raw = await client.workflowService.describeWorkflowExecution({
      namespace: client.options.namespace,
      execution: { workflowId, ...(runId ? { runId } : {}) },
    });
    return { ...described(raw.workflowExecutionInfo ?? {}), raw };
  } catch (error) {
    // The client tells what exactly is not there.
    if (isGrpcServiceError(error) && error.code === NOT_FOUND) {
      await client.workflow.getHandle(workflowId, runId).describe();
    }
    throw failed('describe the run', error);
  }
}

/** The latest runs of a visibility query, the newest first. */
export async function listRuns(
  client: Client,
  query: string,
  most: number,
): Promise<readonly DescribedRun[]> {
  const { namespace } = client.options;
  try {
    const answer = await client.workflowService.listWorkflowExecutions({ namespace, query, pageSize: most });
    return (answer.executions ?? []).slice(0, most).map(described);
  } catch (error) {
    throw failed('list the runs', error);
  }
}

function failed(what: string, error: unknown): unknown {
  return isGrpcServiceError(error) ? new ServiceError(`Failed to ${what}`, { cause: error }) : error;
}

function described({ execution, status, taskQueue, historyLength, startTime, searchAttributes }: RawInfo) {
  const { seconds = 0, nanos = 0 } = startTime ?? {};
  return {
    workflowId: execution?.workflowId ?? '',
    runId: execution?.runId ?? '',
    status: STATUS_NAMES[status ?? 0] ?? 'UNSPECIFIED',
    taskQueue: taskQueue ?? '',
    historyLength: Number(historyLength ?? 0),
    startedAt: new Date(Number(seconds) * 1000 + (nanos ?? 0) / 1e6),
    searchAttributes: Object.fromEntries(
      Object.entries(searchAttributes?.indexedFields ?? {}).flatMap(([name, { data }]) => {
        try {
          return [[name, JSON.parse(new TextDecoder().decode(data ?? undefined))]];
        } catch {
          return [];
        }
      }),
    ),
  } satisfies DescribedRun;
}
