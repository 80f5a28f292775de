import { isErrorType } from '../domain/errors.ts';
import { completedEntry, type LedgerEntry, type RunReport, type StepResult } from '../domain/ledger.ts';
import type { ShownPlan } from '../domain/plan.ts';
import type { ResolvedRun } from '../domain/request.ts';
import { STEP_IDS, type StepId } from '../domain/steps.ts';
import { decodePayloads, type HistoryEvent, type HistoryFile, instantOf, kindOf } from './history-file.ts';

/** What the audit found, beside the report itself. */
export interface Audit {
  readonly report: RunReport;
  /** True when the workflow's own result holds the same ledger; undefined while it has none. */
  readonly agrees?: boolean;
  /** Identities of the workers that took part. */
  readonly workers: readonly string[];
  readonly events: number;
}

interface Scheduled {
  readonly step: StepId;
  readonly at: string;
  readonly receiver?: string;
  started?: { readonly at: string; readonly attempt: number; readonly worker: string };
}

/**
 * Rebuilds a run from its history, event by event, without a server and without the workflow's code. How the run
 * ended is what its last event says; the ledger in its own result is only compared with, never copied.
 * @throws Error when the file is no history of this runbook, or its payloads cannot be read.
 */
export function auditHistory(history: HistoryFile, ids: { workflowId?: string; runId?: string } = {}): Audit {
  const [first] = history.events;
  const start = first?.workflowExecutionStartedEventAttributes;
  if (!start) throw new Error('this is no workflow history: it does not begin with WorkflowExecutionStarted');
  const workflow = start.workflowType?.name;
  if (workflow !== 'rollback' && workflow !== 'verify') {
    throw new Error(`this is the history of "${workflow}", not of rollback or verify`);
  }
  const scheduled = new Map<string, Scheduled>();
  const ledger: LedgerEntry[] = [];
  const workers = new Set<string>();
  let request: ResolvedRun | undefined;
  let plan: ShownPlan | undefined;
  let end: Pick<RunReport, 'outcome' | 'summary' | 'finishedAt' | 'error'> = {
    outcome: 'running',
    summary: '',
  };
  let own: RunReport | undefined;

  for (const event of history.events) {
    const at = instantOf(event);
    switch (kindOf(event)) {
      case 'ACTIVITY_TASK_SCHEDULED': {
        const { activityType, input } = event.activityTaskScheduledEventAttributes ?? {};
        const step = activityType?.name as StepId;
        if (!STEP_IDS.includes(step)) break;
        const receiver = step === 'notify' ? String(readable(decodePayloads(input)[0])) : undefined;
        scheduled.set(String(event.eventId), { step, at, ...(receiver ? { receiver } : {}) });
        break;
      }
      case 'ACTIVITY_TASK_STARTED': {
        const { scheduledEventId, attempt, identity } = event.activityTaskStartedEventAttributes ?? {};
        const step = scheduled.get(String(scheduledEventId));
        if (step) step.started = { at, attempt: attempt ?? 1, worker: identity ?? '' };
        if (identity) workers.add(identity);
        break;
      }
      case 'ACTIVITY_TASK_COMPLETED': {
        const { scheduledEventId, result } = event.activityTaskCompletedEventAttributes ?? {};
        const step = scheduled.get(String(scheduledEventId));
        if (!step) break;
        const value = readable(decodePayloads(result)[0]) as StepResult<unknown>;
        ledger.push(completedEntry(step.step, value, step));
        if (step.step === 'resolve-request') request = value.value as ResolvedRun;
        if (step.step === 'plan') plan = value.value as ShownPlan;
        break;
      }
      case 'ACTIVITY_TASK_FAILED':
      case 'ACTIVITY_TASK_TIMED_OUT':
      case 'ACTIVITY_TASK_CANCELED': {
        const details =
          event.activityTaskFailedEventAttributes ??
          event.activityTaskTimedOutEventAttributes ??
          event.activityTaskCanceledEventAttributes;
        const step = scheduled.get(String(details?.scheduledEventId));
        if (step) ledger.push(endedBadly(step, event, at));
        break;
      }
      case 'WORKFLOW_EXECUTION_COMPLETED': {
        own = readable(
          decodePayloads(event.workflowExecutionCompletedEventAttributes?.result)[0],
        ) as RunReport;
        end = { outcome: own.outcome, summary: own.summary, finishedAt: at };
        break;
      }
      case 'WORKFLOW_EXECUTION_FAILED': {
        const failure = event.workflowExecutionFailedEventAttributes?.failure;
        own = decodePayloads(failure?.applicationFailureInfo?.details)[0] as RunReport | undefined;
        const type = failure?.applicationFailureInfo?.type ?? 'unknown';
        const message = failure?.message ?? '';
        end = {
          outcome: own?.outcome ?? 'failed',
          summary: own?.summary ?? message,
          finishedAt: at,
          error: { type, message },
        };
        break;
      }
      case 'WORKFLOW_EXECUTION_CANCELED':
        end = { outcome: 'cancelled', summary: 'cancelled on request', finishedAt: at };
        break;
      case 'WORKFLOW_EXECUTION_TERMINATED':
        end = endedFromOutside('terminated by an operator: nobody was told', at);
        break;
      case 'WORKFLOW_EXECUTION_TIMED_OUT':
        end = endedFromOutside('closed by Temporal: the workflow timed out', at);
        break;
    }
  }

  const report: RunReport = {
    workflow,
    workflowId: ids.workflowId ?? start.workflowId ?? own?.workflowId ?? 'unknown',
    runId: ids.runId ?? start.originalExecutionRunId ?? own?.runId ?? 'unknown',
    startedAt: first ? instantOf(first) : '',
    ledger,
    ...end,
    ...(request ? { request } : {}),
    ...(plan ? { plan } : {}),
  };
  return {
    report,
    ...(own ? { agrees: sameLedger(own.ledger, ledger) } : {}),
    workers: [...workers],
    events: history.events.length,
  };
}

function readable(value: unknown): unknown {
  if (value !== undefined) return value;
  throw new Error(
    'its payloads cannot be read: they are encrypted or compressed; export the history decoded',
  );
}

function endedFromOutside(message: string, finishedAt: string) {
  const error = { type: 'RunTerminated', message };
  return { outcome: 'failed', summary: message, finishedAt, error } as const;
}

function endedBadly(
  { step, at: since, receiver, started }: Scheduled,
  event: HistoryEvent,
  at: string,
): LedgerEntry {
  const cancelled = kindOf(event) === 'ACTIVITY_TASK_CANCELED';
  const failure =
    event.activityTaskFailedEventAttributes?.failure ?? event.activityTaskTimedOutEventAttributes?.failure;
  const type = failure?.applicationFailureInfo?.type ?? '';
  const error = cancelled
    ? undefined
    : { type: isErrorType(type) ? type : 'StepTimedOut', message: failure?.message ?? 'timed out' };
  return {
    step,
    outcome: cancelled ? 'cancelled' : 'failed',
    summary: error ? `${error.type}: ${error.message}` : 'cancelled',
    attempts: started?.attempt ?? 1,
    startedAt: started?.at ?? since,
    finishedAt: at,
    ...(error ? { error } : {}),
    ...(receiver ? { receiver } : {}),
  };
}

/** The same steps with the same ends in the same order; times of failed steps are measured by different clocks. */
function sameLedger(left: readonly LedgerEntry[], right: readonly LedgerEntry[]): boolean {
  const essence = ({ step, outcome, verdict, receiver, error, check }: LedgerEntry) =>
    JSON.stringify([step, outcome, verdict, receiver, error?.type, check]);
  return (
    left.length === right.length &&
    left.every((entry, index) => essence(entry) === essence(right[index] as LedgerEntry))
  );
}
