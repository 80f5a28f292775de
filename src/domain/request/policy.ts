import type { NeedPolicy } from '../need/need-policy.ts';
import type { Answer } from '../steps/answers.ts';
import type { StepId } from '../steps/steps.ts';

/** The severities of incidents, worst first. */
export const SEVERITIES = ['sev1', 'sev2', 'sev3', 'sev4', 'sev5'] as const;
export type Severity = (typeof SEVERITIES)[number];

/** Who is asked when a step cannot go on, and for how long. */
export interface DecisionPolicy {
  /** How long a decision stays open, in ms. 0: nobody is asked, the default is taken at once. */
  readonly waitMs: number;
  /** What is done when nobody has answered by then; `abort` where it is not possible. */
  readonly atDeadline: Answer;
  /** The same for single steps. */
  readonly steps: Partial<Record<StepId, { readonly waitMs?: number; readonly atDeadline?: Answer }>>;
  /** How many times a run may go on to the next older known-good version. */
  readonly fallBacks: number;
}

/** Whose consent the change needs. */
export interface ApprovalPolicy {
  readonly required: boolean;
  /** Severities for which a request may break the glass: it goes on without approval, with a reason. */
  readonly breakGlass: readonly Severity[];
  /** How many people must approve. */
  readonly quorum: number;
  /** Who may approve; empty: everybody but the requester. */
  readonly approvers: readonly string[];
  /** How long an approval is waited for, in ms. */
  readonly expiresMs: number;
}

/** How long things should take, in ms. More is told and recorded; it ends nothing. */
export interface Budgets {
  readonly decideMs: number;
  readonly actMs: number;
  readonly proveMs: number;
  /** The whole run: the aim, and what is still acceptable. */
  readonly targetMs: number;
  readonly acceptableMs: number;
}

/** How long a success is watched afterwards. */
export interface FollowThroughPolicy {
  /** 0: not at all. In ms. */
  readonly forMs: number;
  /** Time between two probes, in ms. */
  readonly everyMs: number;
  /** Bad probes of the service's health in a row that count. */
  readonly failures: number;
}

/** How a run behaves beside its steps: part of the service profile, fixed for a run when it resolves its request. */
export interface RunPolicy {
  readonly decisions: DecisionPolicy;
  readonly approval: ApprovalPolicy;
  /** What a cancelled run does with a change that has begun. */
  readonly onCancel: 'finish' | 'restore';
  /** The longest pause, in ms: after it the run goes on. */
  readonly pauseMs: number;
  readonly budgets: Budgets;
  readonly followThrough: FollowThroughPolicy;
  /** What follows from the question whether it is the release; without it, it is not asked. */
  readonly need?: NeedPolicy;
  /** Whether preconditions are configured. */
  readonly preconditions?: true;
}

/** What stands in runbook.yaml when it says nothing: docs/configuration.md explains each. */
export const DEFAULT_POLICY: RunPolicy = {
  decisions: { waitMs: 15 * 60_000, atDeadline: 'abort', steps: {}, fallBacks: 2 },
  approval: { required: false, breakGlass: ['sev1'], quorum: 1, approvers: [], expiresMs: 30 * 60_000 },
  onCancel: 'finish',
  pauseMs: 60 * 60_000,
  budgets: {
    decideMs: 2 * 60_000,
    actMs: 8 * 60_000,
    proveMs: 5 * 60_000,
    targetMs: 15 * 60_000,
    acceptableMs: 30 * 60_000,
  },
  followThrough: { forMs: 15 * 60_000, everyMs: 10_000, failures: 3 },
};

/** Why a request breaks the glass: its reason, where its severity is one for which the profile allows that. */
export function brokenGlass(
  { breakGlass }: Pick<ApprovalPolicy, 'breakGlass'>,
  request: { readonly severity?: Severity; readonly breakGlass?: string },
): string | undefined {
  const isAllowed = request.severity !== undefined && breakGlass.includes(request.severity);
  return isAllowed ? request.breakGlass : undefined;
}

/** Whether a request goes on without the approval that is usually required. */
export function breaksGlass(
  policy: ApprovalPolicy,
  request: { readonly severity?: Severity; readonly breakGlass?: string },
): boolean {
  return policy.required && brokenGlass(policy, request) !== undefined;
}
