import type { FollowThroughInput } from '../domain/ledger/follow-through.ts';
import type { GroupMember, GroupPlan } from '../domain/ledger/group.ts';
import type { RunReport } from '../domain/ledger/ledger.ts';
import type { ResolvedRun } from '../domain/request/request.ts';
import { WORKFLOWS, type WorkflowKind } from '../domain/request/workflow-kinds.ts';
import type { ShownPlan } from '../domain/versions/plan.ts';
import type { AuditedReport } from './audited-report.ts';
import { collectEvents } from './history-events.ts';
import {
  decodePayloads,
  type HistoryEvent,
  type HistoryFile,
  instantOf,
  kindOf,
  readable,
} from './history-file.ts';
import { collectMembers } from './history-members.ts';
import { collectSteps } from './history-steps.ts';
import { isSameStory } from './same-story.ts';

/** What the audit found, beside the report itself. */
export interface Audit {
  readonly report: AuditedReport;
  /** True when the workflow's own result tells the same of steps and people; undefined while it has none. */
  readonly agrees?: boolean;
  /** Identities of the workers that took part. */
  readonly workers: readonly string[];
  readonly events: number;
}

/**
 * Rebuilds a run from its history, event by event, without a server and without the workflow's code. How the run
 * ended is what its last event says; the ledger in its own result is only compared with, never copied.
 * @throws Error when the file is no history of this runbook, or its payloads cannot be read.
 */
export function auditHistory(history: HistoryFile, ids: { workflowId?: string; runId?: string } = {}): Audit {
  const [first] = history.events;
  const start = first?.workflowExecutionStartedEventAttributes;
  if (!first || !start) {
    throw new Error('this is no workflow history: it does not begin with WorkflowExecutionStarted');
  }
  const workflow = kindOfRun(start.workflowType?.name);
  const steps = collectSteps();
  const beside = collectEvents();
  const group = collectMembers();
  const handedOver =
    workflow === 'followThrough'
      ? (readable(decodePayloads(start.input)[0]) as FollowThroughInput)
      : undefined;
  const requestOf = () =>
    (handedOver?.request ?? steps.valueOf('resolve-request')) as ResolvedRun | undefined;
  const planOf = () => steps.valueOf('plan') as ShownPlan | undefined;
  const groupPlanOf = () => steps.valueOf('plan-group') as GroupPlan | undefined;
  let end: End = { outcome: 'running', summary: '' };
  let own: RunReport | undefined;

  for (const event of history.events) {
    const seen = steps.ledger.length;
    steps.see(event);
    for (const noted of group.see(event, groupPlanOf())) beside.note(instantOf(event), noted);
    for (const entry of steps.ledger.slice(seen)) beside.ended(entry, requestOf(), instantOf(event));
    beside.see(event, {
      request: requestOf(),
      plan: planOf() ?? groupPlanOf(),
      isGroup: workflow === 'rollbackGroup',
      failed: steps.ledger.findLast(({ outcome }) => outcome === 'failed')?.step,
    });
    own = ownReport(event) ?? own;
    end = endOf(event, own) ?? end;
  }

  const [request, plan, groupPlan] = [requestOf(), planOf(), groupPlanOf()];
  const members: readonly GroupMember[] = group.members(request?.group);
  const report: AuditedReport = {
    workflow,
    workflowId: ids.workflowId ?? start.workflowId ?? own?.workflowId ?? 'unknown',
    runId: ids.runId ?? start.originalExecutionRunId ?? own?.runId ?? 'unknown',
    startedAt: instantOf(first),
    ledger: steps.ledger,
    ...(beside.events.length > 0 ? { events: beside.events } : {}),
    ...end,
    ...(request ? { request } : {}),
    ...(plan ? { plan } : {}),
    ...(groupPlan ? { groupPlan } : {}),
    ...(members.length > 0 ? { members } : {}),
  };
  return {
    report,
    ...(own ? { agrees: isSameStory(own, report) } : {}),
    workers: [...steps.workers],
    events: history.events.length,
  };
}

function kindOfRun(name: string | undefined): WorkflowKind {
  const kind = WORKFLOWS.find((known) => known === name);
  if (kind) return kind;
  throw new Error(`this is the history of "${name}", not of ${WORKFLOWS.join(', ')}`);
}

/** The report that the run itself has ended with. */
function ownReport(event: HistoryEvent): RunReport | undefined {
  switch (kindOf(event)) {
    case 'WORKFLOW_EXECUTION_COMPLETED': {
      const { result } = event.workflowExecutionCompletedEventAttributes ?? {};
      return readable(decodePayloads(result)[0]) as RunReport;
    }
    case 'WORKFLOW_EXECUTION_FAILED': {
      const { failure } = event.workflowExecutionFailedEventAttributes ?? {};
      return decodePayloads(failure?.applicationFailureInfo?.details)[0] as RunReport | undefined;
    }
    default:
      return undefined;
  }
}

type End = Pick<RunReport, 'outcome' | 'summary' | 'finishedAt' | 'error'>;

/** How the run ended, when the event is its end. */
function endOf(event: HistoryEvent, own: RunReport | undefined): End | undefined {
  const finishedAt = instantOf(event);
  switch (kindOf(event)) {
    case 'WORKFLOW_EXECUTION_COMPLETED':
      return { outcome: own?.outcome ?? 'failed', summary: own?.summary ?? '', finishedAt };
    case 'WORKFLOW_EXECUTION_FAILED': {
      const { failure } = event.workflowExecutionFailedEventAttributes ?? {};
      const type = failure?.applicationFailureInfo?.type ?? 'unknown';
      const message = failure?.message ?? '';
      return {
        outcome: own?.outcome ?? 'failed',
        summary: own?.summary ?? message,
        finishedAt,
        error: { type, message },
      };
    }
    case 'WORKFLOW_EXECUTION_CANCELED':
      return { outcome: 'cancelled', summary: 'cancelled on request', finishedAt };
    case 'WORKFLOW_EXECUTION_TERMINATED':
      return endedFromOutside('terminated by an operator: nobody was told', finishedAt);
    case 'WORKFLOW_EXECUTION_TIMED_OUT':
      return endedFromOutside('closed by Temporal: the workflow timed out', finishedAt);
    default:
      return undefined;
  }
}

function endedFromOutside(message: string, finishedAt: string): End {
  const error = { type: 'RunTerminated', message };
  return { outcome: 'failed', summary: message, finishedAt, error };
}
