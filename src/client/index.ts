import { type Client, type WorkflowHandle, WorkflowIdConflictPolicy } from '@temporalio/client';
import type { RunReport } from '../domain/ledger.ts';
import type { RollbackRequest, VerifyRequest } from '../domain/request.ts';
import { TASK_QUEUE } from './task-queue.ts';

export type { RunReport } from '../domain/ledger.ts';
export type { RollbackRequest, VerifyRequest } from '../domain/request.ts';
export { TASK_QUEUE } from './task-queue.ts';

/** A run that was started; its result is the report. */
export type RunHandle = WorkflowHandle<() => Promise<RunReport>>;

/**
 * Workflow id of a service's rollback: one at a time for each service. A second start while one runs is refused by the
 * server. The environment is no part of it: a profile has one only.
 */
export function rollbackId({ service }: RollbackRequest): string {
  return service ? `rollback/${service}` : 'rollback';
}

/** As {@link rollbackId}, for `verify`. */
export function verifyId({ service }: VerifyRequest): string {
  return service ? `verify/${service}` : 'verify';
}

/**
 * Starts a rollback.
 * @throws WorkflowExecutionAlreadyStartedError when one runs for the same service; it holds the workflow id.
 */
export function startRollback(
  client: Client,
  request: RollbackRequest = {},
  options: { readonly workflowId?: string; readonly taskQueue?: string } = {},
): Promise<RunHandle> {
  const summary = `roll back ${request.service ?? 'the service'} to ${request.target ?? 'known-good'}`;
  return start(
    client,
    'rollback',
    request,
    options.workflowId ?? rollbackId(request),
    summary,
    options.taskQueue,
  );
}

/** Starts the verification of what is running. */
export function startVerify(
  client: Client,
  request: VerifyRequest = {},
  options: { readonly workflowId?: string; readonly taskQueue?: string } = {},
): Promise<RunHandle> {
  const summary = `verify ${request.service ?? 'the service'}`;
  return start(
    client,
    'verify',
    request,
    options.workflowId ?? verifyId(request),
    summary,
    options.taskQueue,
  );
}

function start(
  client: Client,
  workflow: 'rollback' | 'verify',
  request: RollbackRequest | VerifyRequest,
  workflowId: string,
  staticSummary: string,
  taskQueue = TASK_QUEUE,
): Promise<RunHandle> {
  return client.workflow.start<() => Promise<RunReport>>(workflow, {
    workflowId,
    taskQueue,
    args: [request] as never,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
    staticSummary,
  });
}

/** The report so far; needs a running worker. */
export function reportOf(client: Client, workflowId: string, runId?: string): Promise<RunReport> {
  return client.workflow.getHandle(workflowId, runId).query<RunReport>('report');
}
