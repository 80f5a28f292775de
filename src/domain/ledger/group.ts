import type { MemberSays } from '../people/group-words.ts';
import { namesOf, type ShownPlan } from '../versions/plan.ts';
import { type ChangeState, changeOf, type RunOutcome, type RunReport, wayOf } from './ledger.ts';

/** How far a member of a group is. */
export type MemberStage =
  /** Its run is not started yet. */
  | 'waiting'
  | 'planning'
  | 'planned'
  | 'changing'
  | 'changed'
  | 'proving'
  | 'proved'
  /** It cannot go on, for good, after it was changed: it waits to be told what becomes of the change. */
  | 'failed'
  /** Its run has closed. */
  | 'ended';

/** A member as the report of its group has it. */
export interface GroupMember {
  readonly service: string;
  readonly stage: MemberStage;
  readonly workflowId?: string;
  readonly runId?: string;
  readonly plan?: ShownPlan;
  /** What ran before, when the plan begins somewhere else: after falling back. */
  readonly origin?: string;
  /** Whether it was changed, as far as the group knows. */
  readonly change: ChangeState;
  /** What a person is waited for with, in one sentence. */
  readonly waitingFor?: string;
  /** How its run has ended. */
  readonly outcome?: RunOutcome;
  readonly summary?: string;
  readonly error?: { readonly type: string; readonly message: string };
  /** Its own incident record, on the worker's host. */
  readonly record?: string;
}

/** The plans of all members as one: what people approve. */
export interface GroupPlan {
  /** SHA-256 over the hashes of the plans, each with its service. */
  readonly hash: string;
  /** True when every member is at its target already. */
  readonly changesNothing: boolean;
  readonly members: readonly { readonly service: string; readonly plan: ShownPlan }[];
}

/** Whether a plan is one of a group. */
export function isGroupPlan(plan: ShownPlan | GroupPlan): plan is GroupPlan {
  return 'members' in plan;
}

/** `0.2.0 -> 0.1.0`; of a group `agents 0.4.0 -> 0.3.0, orchestrator is at 0.1.0`. */
export function planInWords(plan: ShownPlan | GroupPlan): string {
  if (isGroupPlan(plan)) {
    return plan.members.map((member) => `${member.service} ${memberPlanInWords(member.plan)}`).join(', ');
  }
  const { from, to } = namesOf(plan);
  return `${from} -> ${to}`;
}

function memberPlanInWords(plan: ShownPlan): string {
  return plan.changesNothing ? `is at ${namesOf(plan).to}` : planInWords(plan);
}

const STAGE_AFTER: Readonly<Partial<Record<MemberSays['says'], MemberStage>>> = {
  planned: 'planned',
  changed: 'changed',
  proved: 'proved',
  failed: 'failed',
};

/** The member after it has said something. What it says after its end, or again, changes nothing. */
export function afterSaying(member: GroupMember, said: MemberSays): GroupMember {
  const { says, summary, error } = said;
  if (member.stage === 'ended') return member;
  const { waitingFor: _before, ...rest } = member;
  if (says === 'asks') return { ...rest, waitingFor: summary };
  if (says === 'ended') {
    const { change = member.change, record } = said;
    return { ...rest, summary, change, ...(record ? { record } : {}) };
  }
  const stage = STAGE_AFTER[says] ?? member.stage;
  const isChanged = (says === 'changed' || says === 'failed') && !member.plan?.changesNothing;
  return {
    ...rest,
    stage,
    change: isChanged && member.change === 'none' ? 'made' : member.change,
    ...(says === 'failed' ? { error: { type: error ?? 'GroupFailed', message: summary } } : {}),
  };
}

/** The member after its run has closed with a report. */
export function afterEnding(member: GroupMember, report: RunReport): GroupMember {
  const { waitingFor: _before, error: _said, ...rest } = member;
  const { outcome, summary, error, ledger, plan = member.plan, origin } = report;
  const record = ledger.findLast((entry) => entry.record)?.record?.markdown;
  return {
    ...rest,
    stage: 'ended',
    change: changeOf(report),
    outcome,
    summary,
    ...(plan ? { plan } : {}),
    ...(origin === undefined ? {} : { origin }),
    ...(error ? { error } : {}),
    ...(record ? { record } : {}),
  };
}

/** The member after its run has closed without one: it was cancelled, or ended from outside. */
export function afterClosing(member: GroupMember, end: Pick<GroupMember, 'outcome' | 'error'>): GroupMember {
  const { waitingFor: _before, ...rest } = member;
  const summary = member.summary ?? end.error?.message ?? String(end.outcome);
  // It has not said by itself how it ended, and was told to change something.
  const isOpen = member.summary === undefined && member.change === 'none' && member.stage === 'changing';
  return { ...rest, ...end, stage: 'ended', summary, change: isOpen ? 'unknown' : member.change };
}

const WELL: readonly (RunOutcome | undefined)[] = ['rolled-back', 'already-there'];

/** Whether a member is where the group wanted it, and proved. */
export function isWell({ outcome }: Pick<GroupMember, 'outcome'>): boolean {
  return WELL.includes(outcome);
}

/** What ran in it before runs again, or never stopped. */
export function isAsBefore(member: Pick<GroupMember, 'outcome' | 'change'>): boolean {
  return member.outcome === 'restored' || (member.change === 'none' && !isWell(member));
}

/** `0.4.0 → 0.3.0`, or `is at 0.3.0`; nothing where there is no plan. */
export function wayOfMember(member: Pick<GroupMember, 'plan' | 'origin'>, arrow = '→'): string {
  const { plan, origin } = member;
  if (!plan) return '';
  return plan.changesNothing && origin === undefined
    ? `is at ${namesOf(plan).to}`
    : wayOf({ plan, ...(origin === undefined ? {} : { origin }) }, arrow);
}

/** One line: `agents: 0.4.0 → 0.3.0, rolled-back: …`. */
export function memberInWords(member: GroupMember): string {
  const { service, stage, plan, outcome, summary, waitingFor } = member;
  const way = plan ? `${wayOfMember(member)}, ` : '';
  const state = outcome ? `${outcome}${summary ? `: ${summary}` : ''}` : stage;
  return `${service}: ${way}${state}${waitingFor ? `; ${waitingFor}` : ''}`;
}
