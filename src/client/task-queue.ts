import type { Client } from '@temporalio/client';

/** Task queue of the runbook's workers. */
export const TASK_QUEUE = 'rollback-runbook';

/** temporal.api.enums.v1.TaskQueueType: workflow tasks. */
const WORKFLOW_TASKS = 1;

/** A worker polls anew every minute at the latest; the server lists those that are gone for five. */
const POLLED_WITHIN_S = 75;

/** Who polls a task queue for workflow tasks now, and how its workers are versioned, as the server has it. */
export async function describeQueue({ workflowService, options }: Client, taskQueue: string) {
  const { pollers, versioningInfo } = await workflowService.describeTaskQueue({
    namespace: options.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: WORKFLOW_TASKS,
  });
  const since = Date.now() / 1000 - POLLED_WITHIN_S;
  return {
    versioningInfo,
    pollers: (pollers ?? []).filter(({ lastAccessTime }) => Number(lastAccessTime?.seconds ?? 0) >= since),
  };
}
