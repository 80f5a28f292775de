import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { RawPayload } from './inputs.ts';

/** How a run ended. */
export interface End {
  /** Name of the closing event, for example `workflowExecutionFailedEventAttributes`. */
  readonly closedBy: string;
  /** Type of the failure; empty for a run that completed. */
  readonly type: string;
  readonly message: string;
  /**
   * Workflow tasks that failed: the code of the runbook could not go on. One that timed out is none: a machine that is
   * busy makes them, and the next one goes on; a run that hangs does not close.
   */
  readonly brokenTasks: readonly string[];
}

/** What a caller hands over when it starts a run. */
export interface RawStart {
  readonly workflowType: 'rollback' | 'verify';
  readonly input: readonly RawPayload[] | undefined;
  readonly memo?: RawPayload | undefined;
}

/** Starts a run past every converter, as any client of the server can, and waits for its end. */
export async function runToEnd(
  client: Client,
  taskQueue: string,
  start: RawStart,
  withinMs: number,
): Promise<End> {
  const { workflowType, input, memo } = start;
  const workflowId = `generated-${randomUUID()}`;
  await client.workflowService.startWorkflowExecution({
    namespace: 'default',
    workflowId,
    workflowType: { name: workflowType },
    taskQueue: { name: taskQueue },
    requestId: workflowId,
    ...(input ? { input: { payloads: input.map((payload) => ({ ...payload })) } } : {}),
    ...(memo ? { memo: { fields: { note: { ...memo } } } } : {}),
  });
  const handle = client.workflow.getHandle(workflowId);
  const end = await client
    .withDeadline(Date.now() + withinMs, () => handle.result())
    .then(
      () => undefined,
      (error: Error) => error,
    );
  const { events = [] } = await handle.fetchHistory();
  const closing = events?.at(-1);
  const closedBy =
    Object.keys(closing ?? {}).find((key) => /^workflowExecution.*Attributes$/.test(key)) ?? 'nothing';
  const { failure } = closing?.workflowExecutionFailedEventAttributes ?? {};
  if (!/Completed|Failed/.test(closedBy)) await handle.terminate('it did not end').catch(() => undefined);
  return {
    closedBy,
    type: failure?.applicationFailureInfo?.type ?? '',
    message: failure?.message ?? end?.message ?? '',
    brokenTasks: (events ?? []).flatMap(({ workflowTaskFailedEventAttributes: failed }) =>
      failed ? [failed.failure?.message ?? 'failed'] : [],
    ),
  };
}
