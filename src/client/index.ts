import { type Client, WorkflowIdConflictPolicy } from '@temporalio/client';
import { md } from '../domain/media/markdown.ts';
import type { GroupRequest } from '../domain/request/group.ts';
import type { RollbackRequest, VerifyRequest } from '../domain/request/request.ts';
import type { STARTABLE } from '../domain/request/workflow-kinds.ts';
import type { RunHandle, RunWorkflow } from './run-handle.ts';
import { servedService } from './served-service.ts';
import { startOrJoin } from './start-or-join.ts';
import { TASK_QUEUE } from './task-queue.ts';

export type { RunReport } from '../domain/ledger/ledger.ts';
export type { RunEvent } from '../domain/people/events.ts';
export type {
  ApprovalInput,
  CheckInput,
  DecisionInput,
  EvidenceInput,
  NoteInput,
  PauseInput,
  RejectionInput,
  TargetInput,
} from '../domain/people/operator-inputs.ts';
export type { OpenApproval, OpenDecision, OpenPause, Waiting } from '../domain/people/waiting.ts';
export type { GroupRequest } from '../domain/request/group.ts';
export type { RollbackRequest, VerifyRequest } from '../domain/request/request.ts';
export type { Answer } from '../domain/steps/answers.ts';
export { AnswerRefused, RunNotOpen, RunUnanswered } from './answer-errors.ts';
export {
  type AnswerOptions,
  addEvidence,
  addNote,
  approve,
  changeTarget,
  decide,
  pause,
  reject,
  repeatCheck,
  resume,
} from './answers.ts';
export { type CancellationInput, cancelRun, reportOf, waitingFor } from './run-control.ts';
export type { RunHandle } from './run-handle.ts';
export { TASK_QUEUE } from './task-queue.ts';

/**
 * Workflow id of a service's rollback: one at a time for each service. A second start while one runs is refused by the
 * server. The environment is no part of it: a profile has one only. `startRollback` asks the workers which service they
 * have when the request names none.
 */
export function rollbackId({ service }: RollbackRequest): string {
  return service ? `rollback/${service}` : 'rollback';
}

/** As {@link rollbackId}, for `verify`. */
export function verifyId({ service }: VerifyRequest): string {
  return service ? `verify/${service}` : 'verify';
}

/**
 * Starts a rollback. With `ifRunning: 'join'` a run of the same id that is under way takes over what the request knows
 * (reason, symptoms, incident, who asks), and its handle is returned.
 * @throws WorkflowExecutionAlreadyStartedError when one runs for the same service and is not to be joined; it holds the
 * workflow id. AnswerRefused when what the request knows is nothing that a run would take. RunUnanswered when no worker
 * lets the other run take it.
 */
export async function startRollback(
  client: Client,
  request: RollbackRequest = {},
  options: { readonly workflowId?: string; readonly taskQueue?: string } = {},
): Promise<RunHandle> {
  const summary = md`roll back ${request.service ?? 'the service'} to ${request.target ?? 'known-good'}`.text;
  const workflowId = options.workflowId ?? rollbackId(await named(client, request, options.taskQueue));
  const begin = () => start(client, 'rollback', request, workflowId, summary, options.taskQueue);
  return request.ifRunning === 'join' ? startOrJoin(client, request, begin) : begin();
}

/** As {@link rollbackId}, of a group. */
export function rollbackGroupId({ group }: GroupRequest): string {
  return group ? `rollback-group/${group}` : 'rollback-group';
}

/**
 * Starts the rollback of a group of services. Errors, and `ifRunning: 'join'`: as {@link startRollback}.
 */
export async function startRollbackGroup(
  client: Client,
  request: GroupRequest = {},
  options: { readonly workflowId?: string; readonly taskQueue?: string } = {},
): Promise<RunHandle> {
  const summary = md`roll back the group ${request.group ?? ''} to ${request.target ?? 'known-good'}`.text;
  const workflowId = options.workflowId ?? rollbackGroupId(request);
  const begin = () => start(client, 'rollbackGroup', request, workflowId, summary, options.taskQueue);
  return request.ifRunning === 'join' ? startOrJoin(client, request, begin) : begin();
}

/** Starts the verification of what is running. */
export async function startVerify(
  client: Client,
  request: VerifyRequest = {},
  options: { readonly workflowId?: string; readonly taskQueue?: string } = {},
): Promise<RunHandle> {
  const summary = md`verify ${request.service ?? 'the service'}`.text;
  return start(
    client,
    'verify',
    request,
    options.workflowId ?? verifyId(await named(client, request, options.taskQueue)),
    summary,
    options.taskQueue,
  );
}

/** The request with the service that it means: a run has one workflow id, whatever way it was started. */
async function named<R extends RollbackRequest | VerifyRequest>(
  client: Client,
  request: R,
  taskQueue = TASK_QUEUE,
): Promise<R> {
  if (request.service !== undefined) return request;
  const service = await servedService(client, taskQueue);
  return service === undefined ? request : { ...request, service };
}

async function start(
  client: Client,
  workflow: (typeof STARTABLE)[number],
  request: RollbackRequest | GroupRequest | VerifyRequest,
  workflowId: string,
  staticSummary: string,
  taskQueue = TASK_QUEUE,
): Promise<RunHandle> {
  const handle = await client.workflow.start<RunWorkflow>(workflow, {
    workflowId,
    taskQueue,
    args: [request] as never,
    workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
    staticSummary,
  });
  return Object.assign(handle, { runId: handle.firstExecutionRunId, joined: false });
}
