import type { Instant } from '../json.ts';
import type { NeedAssessment } from '../need/assessment.ts';
import type { NeedImpact } from '../need/impact.ts';
import type { RunEvent } from '../people/events.ts';
import type { Waiting } from '../people/waiting.ts';
import type { CheckResult } from '../proof/checks.ts';
import type { Verdict } from '../proof/verdict.ts';
import type { ResolvedRun } from '../request/request.ts';
import type { WorkflowKind } from '../request/workflow-kinds.ts';
import { type Kept, STEPS, type StepId } from '../steps/steps.ts';
import type { RolloutFinished, RolloutStarted, SnapshotReference } from '../versions/pins.ts';
import { namesOf, type ShownPlan } from '../versions/plan.ts';
import type { GroupMember, GroupPlan } from './group.ts';

/** What every activity returns: its value, and what the ledger keeps of it. */
export interface StepResult<T> {
  readonly value: T;
  /** One line for people. */
  readonly summary: string;
  readonly verdict?: Verdict;
  /** The attempt that succeeded, counted from 1. */
  readonly attempt: number;
  readonly startedAt: Instant;
  readonly finishedAt: Instant;
  /** The profile that the worker had: the hash of `ResolvedRun.profile`. */
  readonly profile?: string;
}

/** Where the incident record was written: paths on the worker's host, and what was written. */
export interface RecordedFiles {
  readonly markdown: string;
  readonly json: string;
  readonly sha256: string;
}

/** How a step ended. */
export type StepOutcome = 'completed' | 'failed' | 'cancelled';

/** One line of the ledger: a step that ran. */
export interface LedgerEntry {
  readonly step: StepId;
  readonly outcome: StepOutcome;
  readonly verdict?: Verdict;
  readonly summary: string;
  readonly attempts: number;
  readonly startedAt: Instant;
  readonly finishedAt: Instant;
  /** What the step proved or pinned, where it is more than its summary. Capped and without secrets. */
  readonly check?: CheckResult;
  /** For a step that changes the service: whether anything was written. */
  readonly changed?: boolean;
  /** It failed, and whether everything that the change had written into config was taken back. */
  readonly takenBack?: boolean;
  readonly snapshot?: SnapshotReference;
  readonly rollout?: RolloutFinished;
  readonly record?: RecordedFiles;
  /** Whether it is the release, and the numbers behind it. */
  readonly need?: NeedAssessment;
  /** The same numbers after the rollback. */
  readonly impact?: NeedImpact;
  /** For `notify`: which receiver. */
  readonly receiver?: string;
  /** For `notify` in the middle of a run: what it was about, for example `decision-1`. */
  readonly about?: string;
  readonly error?: { readonly type: string; readonly message: string };
  /** The profile that the worker had at that time; none in steps that need none, and in older histories. */
  readonly profile?: string;
}

/** How a run ended. */
export const RUN_OUTCOMES = [
  'running',
  'rolled-back',
  'already-there',
  'not-proved',
  'planned',
  'not-warranted',
  'expired',
  'known-good',
  'not-known-good',
  'failed',
  'cancelled',
  'restored',
  'joined',
  'stayed-well',
  'superseded',
  'changed-back',
  'not-well-again',
] as const;
export type RunOutcome = (typeof RUN_OUTCOMES)[number];

/** The whole run: the workflow's result, its query, and the source of every record. */
export interface RunReport {
  readonly workflow: WorkflowKind;
  readonly workflowId: string;
  readonly runId: string;
  readonly outcome: RunOutcome;
  /** One sentence. */
  readonly summary: string;
  readonly startedAt: Instant;
  readonly finishedAt?: Instant;
  readonly request?: ResolvedRun;
  readonly plan?: ShownPlan;
  /** Of a group: where its members stand, in the order in which they are changed. */
  readonly members?: readonly GroupMember[];
  /** Of a group: the plans of its members as one. */
  readonly groupPlan?: GroupPlan;
  /** What ran before the run changed anything, when the plan of now begins somewhere else: after falling back. */
  readonly origin?: string;
  readonly ledger: readonly LedgerEntry[];
  /** What happened beside the steps: decisions, approvals, notes. The ledger in time is both together. */
  readonly events?: readonly RunEvent[];
  /** What the run waits for a person with. */
  readonly waitingFor?: Waiting;
  readonly error?: { readonly type: string; readonly message: string };
}

/** The value that a step gives, by what its row says the ledger keeps of it. */
export interface KeptValues {
  readonly nothing: unknown;
  readonly check: CheckResult;
  readonly change: Pick<RolloutStarted, 'changed'>;
  readonly snapshot: SnapshotReference;
  readonly rollout: RolloutFinished;
  readonly record: RecordedFiles;
  readonly need: NeedAssessment;
  readonly impact: NeedImpact;
}

const KEEP: { readonly [K in Kept]: (value: KeptValues[K]) => Partial<LedgerEntry> } = {
  nothing: () => ({}),
  check: (check) => ({ check }),
  change: ({ changed }) => ({ changed }),
  snapshot: (snapshot) => ({ snapshot }),
  rollout: (rollout) => ({ rollout }),
  record: (record) => ({ record }),
  need: (need) => ({ need }),
  impact: (impact) => ({ impact }),
};

/** What the ledger keeps of a step's value. Shared by the running workflow and by the audit of its history. */
function keptOf(step: StepId, value: unknown): Partial<LedgerEntry> {
  // The step's activity gives what its row says: activities/index.ts does not compile otherwise.
  const keep = KEEP[STEPS[step].keeps] as (value: unknown) => Partial<LedgerEntry>;
  return keep(value);
}

/** Whom a message went to, and what it was about when it was not the end of the run. */
export interface Addressee {
  readonly receiver?: string;
  readonly about?: string;
}

/** The entry of a step that gave a result. */
export function completedEntry(
  step: StepId,
  result: StepResult<unknown>,
  { receiver, about }: Addressee = {},
): LedgerEntry {
  return {
    step,
    outcome: 'completed',
    ...(result.verdict ? { verdict: result.verdict } : {}),
    summary: result.summary,
    attempts: result.attempt,
    startedAt: result.startedAt,
    finishedAt: result.finishedAt,
    ...keptOf(step, result.value),
    ...(result.profile ? { profile: result.profile } : {}),
    ...(receiver ? { receiver } : {}),
    ...(about ? { about } : {}),
  };
}

/** From which version to which one, in all. */
export function wayOf({ plan, origin }: Pick<RunReport, 'plan' | 'origin'>, arrow = '→'): string {
  if (!plan) return '';
  const { from, to } = namesOf(plan);
  return `${origin === undefined || origin === plan.to.version ? from : origin} ${arrow} ${to}`;
}

/** What became of a change: `unknown` when it may have been made and nobody knows. */
export type ChangeState = 'none' | 'made' | 'unknown';

/**
 * Whether a run changed anything; `unknown` when a step that may have ended without an answer, and none said later. A
 * write without an answer that the same step finds done later was made, unless the plan was to change nothing.
 */
export function changeOf({
  ledger,
  plan,
  members = [],
}: Pick<RunReport, 'ledger' | 'plan' | 'members'>): ChangeState {
  const changes = new Map<StepId, ChangeState>();
  for (const entry of ledger) {
    if (entry.takenBack) changes.set('restore-config', 'none');
    const before = changes.get(entry.step);
    if (!STEPS[entry.step].changes || before === 'made') continue;
    const isFoundDone = before === 'unknown' && entry.outcome === 'completed' && !plan?.changesNothing;
    changes.set(entry.step, isFoundDone ? 'made' : changeOfStep(entry));
  }
  const all = [...changes.values(), ...members.map(({ change }) => change)];
  return all.find((change) => change === 'made') ?? all.find((change) => change === 'unknown') ?? 'none';
}

/** Whether the last time that a step which changes the service ran left it open whether it did. */
export function isChangeUnknown({ ledger }: Pick<RunReport, 'ledger'>, step: StepId): boolean {
  const last = ledger.findLast((entry) => entry.step === step);
  return last !== undefined && STEPS[step].changes && changeOfStep(last) === 'unknown';
}

function changeOfStep(entry: LedgerEntry): ChangeState {
  if (entry.outcome === 'completed') return entry.changed ? 'made' : 'none';
  if (entry.takenBack === false) return 'made';
  const answered = entry.outcome === 'failed' && !WITHOUT_ANSWER.some((type) => type === entry.error?.type);
  return answered ? 'none' : 'unknown';
}

/** Errors after which a write may have been carried out all the same. */
const WITHOUT_ANSWER = ['StepTimedOut', 'Unreachable'] as const;

/** What was found about the need of a rollback, by the last time that it was assessed. */
export function needOf({ ledger }: Pick<RunReport, 'ledger'>): NeedAssessment | undefined {
  return ledger.findLast(({ need }) => need !== undefined)?.need;
}

/** What the service's users had of it before and after, by the last time that it was measured. */
export function impactOf({ ledger }: Pick<RunReport, 'ledger'>): NeedImpact | undefined {
  return ledger.findLast(({ impact }) => impact !== undefined)?.impact;
}

/** The last result of each check that ran, in the order of the ledger. */
export function checksOf(report: RunReport): readonly CheckResult[] {
  const last = new Map(
    report.ledger.flatMap((entry) => (entry.check ? [[entry.check.check, entry.check]] : [])),
  );
  return [...last.values()];
}
