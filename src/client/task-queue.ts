import type { Client } from '@temporalio/client';

/** Task queue of the runbook's workers. */
export const TASK_QUEUE = 'rollback-runbook';

/** temporal.api.enums.v1.TaskQueueType: workflow tasks. */
const WORKFLOW_TASKS = 1;

/** Who polls a task queue for workflow tasks, and how its workers are versioned, as the server has it. */
export function describeQueue({ workflowService, options }: Client, taskQueue: string) {
  return workflowService.describeTaskQueue({
    namespace: options.namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: WORKFLOW_TASKS,
  });
}
