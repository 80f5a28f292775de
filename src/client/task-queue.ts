/** Task queue of the runbook's workers. */
export const TASK_QUEUE = 'rollback-runbook';
