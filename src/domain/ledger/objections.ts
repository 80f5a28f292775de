import { isFull } from '../people/events.ts';
import type { OperatorInputs, OperatorUpdate } from '../people/operator-events.ts';
import { isSamePerson } from '../people/people.ts';
import { describeWaiting, type OpenApproval } from '../people/waiting.ts';
import { ANSWERS, type Answer } from '../steps/answers.ts';
import type { RunReport } from './ledger.ts';

/** What a run has asked for, or must hear to go on. */
const ALWAYS_TAKEN: readonly OperatorUpdate[] = ['decide', 'approve', 'reject', 'resume'];

/** What beside the report decides whether an update fits. */
export interface Moment {
  readonly stage: 'open' | 'changing' | 'proving' | 'closing';
  readonly pausedBy?: unknown;
  readonly decision?: unknown;
  readonly rejection?: unknown;
}

/**
 * Why an update does not fit this moment of a run, with what is possible now; undefined when it does. Pure and
 * synchronous: the validator of the update asks it, and what is refused leaves no trace in history.
 */
export function objectionTo<U extends OperatorUpdate>(
  update: U,
  input: OperatorInputs[U],
  report: Pick<RunReport, 'waitingFor' | 'request' | 'events'>,
  moment: Moment,
): string | undefined {
  if (moment.stage === 'closing') return 'the run is being closed: nothing can be decided any more';
  if (!ALWAYS_TAKEN.includes(update) && isFull(report.events)) {
    return 'the run takes no more of these: its record is full';
  }
  switch (update) {
    case 'decide':
      return objectionToDecision(input as OperatorInputs['decide'], report, moment);
    case 'approve':
      return objectionToApproval(input as OperatorInputs['approve'], report, moment);
    case 'reject':
      return objectionToRejection(input as OperatorInputs['reject'], report, moment);
    case 'pause':
      return moment.pausedBy ? `the run is paused already; ${possible(report)}` : undefined;
    case 'resume':
      return moment.pausedBy ? undefined : `the run is not paused; ${possible(report)}`;
    case 'change-target':
      // Its plan is part of the group's; before there is one, a step that cannot go on may ask for another target.
      if (report.request?.member && !isOffered('change-target', report)) {
        return `the run is a member of the group ${report.request.member.group}: its target is the group's (targets); ${possible(report)}`;
      }
      return moment.stage === 'open' || isOffered('change-target', report)
        ? undefined
        : `the change has begun: the target stays; ${possible(report)}`;
    case 'repeat-check':
      if (moment.stage !== 'proving') return 'there is no finished rollout that could be checked yet';
      return objectionToCheck(input as OperatorInputs['repeat-check'], report);
    default:
      return undefined;
  }
}

function objectionToCheck(
  { check }: OperatorInputs['repeat-check'],
  { request }: Pick<RunReport, 'request'>,
): string | undefined {
  if (request?.checks.includes(check)) return undefined;
  return `check: ${check} is not configured; there are ${request?.checks.join(', ')}`;
}

function isOffered(answer: Answer, { waitingFor }: Pick<RunReport, 'waitingFor'>): boolean {
  return waitingFor?.kind === 'decision' && waitingFor.answers.includes(answer);
}

/** What the run waits for, in words. */
function possible({ waitingFor }: Pick<RunReport, 'waitingFor'>): string {
  return waitingFor ? describeWaiting(waitingFor) : 'the run waits for nobody';
}

function objectionToDecision(
  { answer, decision }: OperatorInputs['decide'],
  report: Pick<RunReport, 'waitingFor'>,
  moment: Moment,
): string | undefined {
  const { waitingFor } = report;
  if (waitingFor?.kind !== 'decision') return `no decision is due; ${possible(report)}`;
  if (moment.decision) return `${waitingFor.id} has just been taken`;
  if (decision !== undefined && decision !== waitingFor.id) {
    return `decision: ${decision} is not open; ${possible(report)}`;
  }
  if (waitingFor.answers.includes(answer)) return undefined;
  const known = ANSWERS.includes(answer) ? `${answer} is not possible` : 'unknown answer';
  return `answer: ${known}; ${possible(report)}`;
}

function objectionToApproval(
  { plan, approvedBy }: OperatorInputs['approve'],
  report: Pick<RunReport, 'waitingFor'>,
  moment: Moment,
): string | undefined {
  const open = openApproval(plan, report, moment);
  if (typeof open === 'string') return open;
  const { requestedBy, approvers } = open;
  if (isSamePerson(approvedBy, requestedBy)) return `approvedBy: ${approvedBy} has asked for the rollback`;
  if (open.targetBy && isSamePerson(approvedBy, open.targetBy)) {
    return `approvedBy: ${approvedBy} has chosen the target`;
  }
  if (open.approvedBy.some((name) => isSamePerson(name, approvedBy))) {
    return `approvedBy: ${approvedBy} has approved already`;
  }
  const mayApprove = approvers.length === 0 || approvers.some((name) => isSamePerson(name, approvedBy));
  return mayApprove ? undefined : `approvedBy: only ${approvers.join(', ')} may approve`;
}

function objectionToRejection(
  { plan }: OperatorInputs['reject'],
  report: Pick<RunReport, 'waitingFor'>,
  moment: Moment,
): string | undefined {
  const open = openApproval(plan, report, moment);
  return typeof open === 'string' ? open : undefined;
}

function openApproval(
  plan: string,
  report: Pick<RunReport, 'waitingFor'>,
  moment: Moment,
): OpenApproval | string {
  const { waitingFor } = report;
  if (waitingFor?.kind !== 'approval') return `no approval is due; ${possible(report)}`;
  if (moment.rejection) return 'the plan has just been refused';
  if (waitingFor.approvedBy.length >= waitingFor.quorum) return 'the plan has just been approved';
  return waitingFor.planHash.startsWith(plan)
    ? waitingFor
    : `plan: that is another plan; ${possible(report)}`;
}
