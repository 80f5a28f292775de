import {
  afterClosing,
  afterEnding,
  afterSaying,
  type GroupMember,
  type GroupPlan,
  memberInWords,
} from '../domain/ledger/group.ts';
import type { RunReport } from '../domain/ledger/ledger.ts';
import type { RunEvent } from '../domain/people/events.ts';
import { eventOfSaying, MEMBER_SAYS, readMemberSays } from '../domain/people/group-words.ts';
import type { ResolvedGroup } from '../domain/request/group.ts';
import type { RollbackRequest } from '../domain/request/request.ts';
import { decodePayloads, type HistoryEvent, kindOf } from './history-file.ts';

/** Rebuilds where the members of a group stood, event by event. */
export interface MemberCollector {
  /** @returns the lines of the ledger that the event became. */
  see(event: HistoryEvent, plan: GroupPlan | undefined): readonly Omit<RunEvent, 'at'>[];
  /** In the order of the group; one that was never started waits. */
  members(group: ResolvedGroup | undefined): readonly GroupMember[];
}

/** What members said, and how their runs ended, stands in the history of the group's run. */
export function collectMembers(): MemberCollector {
  const members = new Map<string, GroupMember>();
  /** By the event that has started them. */
  const started = new Map<string, string>();
  const set = (member: GroupMember | undefined) => member && members.set(member.service, member);
  const startedBy = (event: { readonly initiatedEventId?: string | number } | undefined) =>
    members.get(started.get(String(event?.initiatedEventId)) ?? '');
  let known: GroupPlan | undefined;

  return {
    see(event, plan) {
      if (plan && plan !== known) {
        for (const { service, plan: own } of plan.members) {
          const member = members.get(service);
          set(member && { ...member, plan: own });
        }
      }
      known = plan;
      switch (kindOf(event)) {
        case 'START_CHILD_WORKFLOW_EXECUTION_INITIATED': {
          const { input, workflowId } = event.startChildWorkflowExecutionInitiatedEventAttributes ?? {};
          const [request] = decodePayloads(input) as [RollbackRequest | undefined];
          if (!request?.member || !request.service || !workflowId) return [];
          started.set(String(event.eventId), request.service);
          set({ service: request.service, stage: 'planning', change: 'none', workflowId });
          return [];
        }
        case 'CHILD_WORKFLOW_EXECUTION_STARTED': {
          const attributes = event.childWorkflowExecutionStartedEventAttributes;
          const member = startedBy(attributes);
          const runId = attributes?.workflowExecution?.runId;
          set(member && { ...member, ...(runId ? { runId } : {}) });
          return [];
        }
        case 'WORKFLOW_EXECUTION_SIGNALED': {
          const { signalName, input } = event.workflowExecutionSignaledEventAttributes ?? {};
          const read = signalName === MEMBER_SAYS ? readMemberSays(decodePayloads(input)[0]) : undefined;
          if (!read || 'problem' in read) return [];
          const member = members.get(read.value.service);
          if (!member || read.value.runId !== member.runId) return [];
          set(afterSaying(member, read.value));
          return [eventOfSaying(read.value)].filter((line) => line !== undefined);
        }
        case 'CHILD_WORKFLOW_EXECUTION_COMPLETED': {
          const attributes = event.childWorkflowExecutionCompletedEventAttributes;
          return ended(startedBy(attributes), decodePayloads(attributes?.result)[0]);
        }
        case 'CHILD_WORKFLOW_EXECUTION_FAILED': {
          const attributes = event.childWorkflowExecutionFailedEventAttributes;
          const { details } = attributes?.failure?.applicationFailureInfo ?? {};
          return ended(startedBy(attributes), decodePayloads(details)[0]);
        }
        case 'CHILD_WORKFLOW_EXECUTION_CANCELED':
          return closed(startedBy(event.childWorkflowExecutionCanceledEventAttributes), {
            outcome: 'cancelled',
          });
        case 'CHILD_WORKFLOW_EXECUTION_TERMINATED':
          return closed(startedBy(event.childWorkflowExecutionTerminatedEventAttributes), {
            outcome: 'failed',
            error: { type: 'RunTerminated', message: 'terminated by an operator' },
          });
        default:
          return [];
      }
    },
    members: (group) =>
      (group?.members ?? []).map(
        ({ service }) => members.get(service) ?? { service, stage: 'waiting', change: 'none' },
      ),
  };

  function ended(member: GroupMember | undefined, report: unknown) {
    const isReport = typeof report === 'object' && report !== null && 'ledger' in report;
    return member && isReport ? over(afterEnding(member, report as RunReport)) : [];
  }

  function closed(member: GroupMember | undefined, end: Parameters<typeof afterClosing>[1]) {
    return member ? over(afterClosing(member, end)) : [];
  }

  function over(member: GroupMember): readonly Omit<RunEvent, 'at'>[] {
    set(member);
    return [{ kind: 'group', summary: memberInWords(member) }];
  }
}
