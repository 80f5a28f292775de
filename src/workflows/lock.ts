import {
  ApplicationFailure,
  condition,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  workflowInfo,
} from '@temporalio/workflow';
import type { Holder } from '../activities/identify-holder.ts';
import type { ErrorType } from '../domain/errors.ts';
import { md } from '../domain/media/markdown.ts';
import { shellWord } from '../domain/media/shell.ts';
import { EVIDENCE } from '../domain/people/operator-events.ts';
import type { EvidenceInput } from '../domain/people/operator-inputs.ts';
import type { ResolvedRun } from '../domain/request/request.ts';
import type { ObservedService } from '../domain/versions/versions.ts';
import { startUnlessOpen } from './run/start-unless-open.ts';
import type { CarryOutStep } from './run/step/steps.ts';

/** The workflow type of locks, as every history has it. */
const LOCK_TYPE = 'claim';

/**
 * A lock has nothing to carry out, and what starts at once has its first workflow task at once: work for server and worker,
 * in the middle of the way to the change. With a cron schedule the first workflow task is left until the schedule says so.
 */
const ONCE_A_YEAR = '0 0 1 1 *';

/** How often a lock whose run has just closed is tried again. */
const TRIES = 5;

/**
 * Holds a target for the run that started it: as long as this workflow is open, no other run can start one of the same
 * id. It does nothing, and it ends with its parent, however that ends: the Temporal server itself terminates it, so that
 * neither a killed worker nor a terminated run leaves it behind.
 */
export async function holdLock(): Promise<void> {
  // Started by hand it would hold the target for nobody.
  if (!workflowInfo().parent) return;
  await condition(() => false);
}

/** The id that stands for a target, whatever service profile, request or workflow id a run began with. */
export function lockId({ target, namespace, name, uid }: ObservedService): string {
  return `claim/${target}/${namespace}/${name}/${uid}`;
}

/**
 * What the change is told of the lock, in a run that was reset: its history says that the run holds it, which only the
 * server knows.
 */
export function lockToProve(observed: ObservedService | undefined): string | undefined {
  const { runId, originalExecutionRunId } = workflowInfo();
  return observed && runId !== originalExecutionRunId ? lockId(observed) : undefined;
}

/** The run that another one has joined instead of rolling back itself. */
export interface Joined {
  readonly workflowId: string;
}

/**
 * Makes sure that no other run rolls the same target back. The lock is a child workflow with the target's id: the
 * Temporal server keeps two of them apart. A run takes the lock of a target once.
 * @param held ids of the locks that the run holds so far; what it takes now is added.
 * @returns nothing when the run holds the lock; the other run when the request wants to join it.
 * @throws ApplicationFailure `RollbackInProgress` with the id of the other run; `TargetBlocked` when it is none of ours.
 */
export async function lockTarget(
  carryOut: CarryOutStep,
  request: ResolvedRun,
  observed: ObservedService,
  held: Set<string>,
): Promise<Joined | undefined> {
  const id = lockId(observed);
  if (held.has(id)) return undefined;
  for (let attempt = 1; ; attempt += 1) {
    if (await isTaken(id)) {
      held.add(id);
      return undefined;
    }
    const holder = await carryOut('identify-holder', id);
    if (holder.state === 'closed' && attempt < TRIES) continue;
    if (holder.state === 'foreign') throw blocked(request, id, holder);
    const { workflowId = 'unknown', runId } = holder;
    if (isThisRun(workflowId, runId)) {
      held.add(id);
      return undefined;
    }
    const join = request.ifRunning === 'join' && runId !== undefined;
    if (join && (await handOver(workflowId, runId, request))) return { workflowId };
    if (join && attempt < TRIES) continue;
    throw ApplicationFailure.nonRetryable(
      `${request.workload} is being rolled back by ${workflowId} (run ${runId ?? 'unknown'})`,
      'RollbackInProgress' satisfies ErrorType,
    );
  }
}

function blocked({ workload }: ResolvedRun, id: string, { runId, type }: Holder): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `${workload} cannot be locked: its lock's workflow id is taken by a workflow of the type ${type}, which is no run of the runbook; end it with: temporal workflow terminate --workflow-id ${shellWord(id)} --run-id ${runId}`,
    'TargetBlocked' satisfies ErrorType,
  );
}

/** A run that was cancelled while it took the lock has not heard that it holds it. */
function isThisRun(workflowId: string, runId: string | undefined): boolean {
  const own = workflowInfo();
  return workflowId === own.workflowId && runId === own.runId;
}

function isTaken(workflowId: string): Promise<boolean> {
  // A cancelled run finishes what it has begun, and holds the target until then.
  return startUnlessOpen(LOCK_TYPE, {
    workflowId,
    args: [],
    cronSchedule: ONCE_A_YEAR,
    parentClosePolicy: ParentClosePolicy.TERMINATE,
    staticSummary: md`held by ${workflowInfo().workflowId}`.text,
  });
}

/** @returns false when the other run has closed meanwhile. */
async function handOver(workflowId: string, runId: string, request: ResolvedRun): Promise<boolean> {
  const { requestedBy, reason, symptoms, incident } = request;
  const evidence: EvidenceInput = {
    by: requestedBy || workflowInfo().workflowId.slice(0, 100),
    reason: reason || 'asked for the same rollback',
    symptoms,
    ...(incident ? { incident } : {}),
  };
  try {
    await getExternalWorkflowHandle(workflowId, runId).signal(EVIDENCE, evidence);
    return true;
  } catch (error) {
    if (isCancellation(error)) throw error;
    return false;
  }
}
