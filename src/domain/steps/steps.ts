import { CHECK_IDS, CHECKS, type CheckId, type CheckRow } from '../proof/checks.ts';
import { ANSWERS, type Answer } from './answers.ts';

/** How an activity is retried and timed. Durations are in seconds. */
export interface RetryProfile {
  readonly startToClose: number;
  /** Everything together: queueing, attempts, pauses. When it is spent the step has failed. */
  readonly scheduleToClose: number;
  /** A silent worker is given up after this long, and not only when the attempt's time is over. */
  readonly heartbeat?: number;
  readonly retry: {
    readonly initial: number;
    readonly backoff: number;
    readonly maximum: number;
    readonly attempts?: number;
  };
}

/** Named profiles, so that a step says what kind of work it is and not numbers. */
export const RETRY_PROFILES = {
  /** Local work on the worker: validation, planning. */
  local: { startToClose: 10, scheduleToClose: 300, retry: { initial: 0.2, backoff: 2, maximum: 5 } },
  /** A few short requests to the cluster, safe to repeat. */
  cluster: {
    startToClose: 30,
    scheduleToClose: 300,
    heartbeat: 5,
    retry: { initial: 0.5, backoff: 2, maximum: 10 },
  },
  /** The one change. A Compose target pulls the image first, which may take minutes. */
  change: {
    startToClose: 1200,
    scheduleToClose: 1260,
    heartbeat: 5,
    retry: { initial: 0.5, backoff: 2, maximum: 10 },
  },
  /** Waiting by watch; the heartbeat carries the progress. */
  rollout: {
    startToClose: 1800,
    scheduleToClose: 1860,
    heartbeat: 5,
    retry: { initial: 0.2, backoff: 2, maximum: 5 },
  },
  /** Numbers of the service, within deadlines of their own: a rollback does not wait long for what is only told. */
  measure: {
    startToClose: 75,
    scheduleToClose: 160,
    heartbeat: 10,
    retry: { initial: 0.5, backoff: 2, maximum: 5 },
  },
  /** Questions to others than the cluster (registry, metrics, a program of the operator), each with a time-out of its own. */
  questions: {
    startToClose: 180,
    scheduleToClose: 400,
    heartbeat: 10,
    retry: { initial: 0.5, backoff: 2, maximum: 10 },
  },
  /** Repeated probes of the service within the check's own budget. */
  check: {
    startToClose: 900,
    scheduleToClose: 960,
    heartbeat: 5,
    retry: { initial: 0.5, backoff: 2, maximum: 5 },
  },
  /** Following through after a success, for as long as the profile says (at most a day). */
  watch: {
    startToClose: 90_000,
    scheduleToClose: 100_000,
    heartbeat: 10,
    retry: { initial: 0.5, backoff: 2, maximum: 10 },
  },
  /** Waiting for the server to free the lock of a run that has just closed. */
  lock: { startToClose: 30, scheduleToClose: 120, retry: { initial: 0.2, backoff: 2, maximum: 5 } },
  /** Messages to people: worth a few tries, never worth a stuck run. */
  message: {
    startToClose: 20,
    scheduleToClose: 60,
    heartbeat: 5,
    retry: { initial: 1, backoff: 2, maximum: 10, attempts: 4 },
  },
  /** Records: small files and objects. */
  record: {
    startToClose: 20,
    scheduleToClose: 120,
    heartbeat: 5,
    retry: { initial: 0.5, backoff: 2, maximum: 10 },
  },
} as const satisfies Record<string, RetryProfile>;

/** What of a step's value the ledger keeps as evidence: `KeptValues` in ledger.ts has the form of each. */
export type Kept = 'nothing' | 'check' | 'change' | 'snapshot' | 'rollout' | 'record' | 'need' | 'impact';

/** Who is asked when a step fails for good, and what can be answered. */
type Asking =
  | {
      readonly asks: 'operators';
      /** Whether nothing behind it needs its result: it may be left out. */
      readonly skippable: boolean;
      /** What makes sense here; how far the run is decides which of them are offered (recovery.ts). */
      readonly answers: readonly [Answer, ...Answer[]];
      /**
       * Where `retry` leads: the step itself once more; what is there is observed and planned anew, because it is of
       * yesterday after a while; or the change is made once more, which finds itself done.
       */
      readonly onRetry: 'repeat' | 'plan-anew' | 'change-again';
    }
  | {
      readonly asks: 'nobody';
      readonly skippable: false;
      readonly answers: readonly [];
      readonly onRetry: 'repeat';
    };

/**
 * Whether the step changes the service. A step that does says in its result whether it has (`changed`), which the ledger
 * keeps: messages, exit codes, cancellation and what can be answered go by it.
 */
type Changing =
  | { readonly changes: true; readonly keeps: 'change' }
  | { readonly changes: false; readonly keeps: Exclude<Kept, 'change'> };

/** One row of the step catalogue: everything that others need to know of a step. */
export type StepRow = Asking &
  Changing & {
    /** As people read it in the CLI, the Temporal UI and the record. */
    readonly title: string;
    /** The line of the runbook that the step carries out. */
    readonly runbook: string;
    /** Event group in the history, and whose time budget it counts for. */
    readonly phase: 'decide' | 'act' | 'prove' | 'tell';
    readonly retries: keyof typeof RETRY_PROFILES;
    /** One line for the Temporal UI's timeline. */
    readonly summary: string;
    /** Whether it is carried out for a receiver, whom its first argument names: its id and its line name it too. */
    readonly addressed: boolean;
    /** How much of what it says while it runs is shown where every message is a line of its own. */
    readonly progress: 'every-message' | 'now-and-then';
  };

/** What most steps have in common; a row that differs says so. */
const QUIET = { changes: false, keeps: 'nothing', addressed: false, progress: 'now-and-then' } as const;

/** What makes sense where a step has failed: it cannot go on with what it did not get. */
const FAILED: readonly [Answer, ...Answer[]] = [
  'retry',
  ...ANSWERS.filter((answer) => answer !== 'retry' && answer !== 'go-on'),
];

/** A step that cannot go on asks, and everything is possible that the situation allows. */
const ASKING = { asks: 'operators', skippable: false, answers: FAILED, onRetry: 'repeat' } as const;

/** It fails as a part of closing a run, or before anything is known of it. */
const ASKING_NOBODY = { asks: 'nobody', skippable: false, answers: [], onRetry: 'repeat' } as const;

function stepRows<const Rows extends Readonly<Record<string, StepRow>>>(rows: Rows): Rows {
  return rows;
}

/** The step that carries out a check. */
export type CheckStepId = `verify-${CheckId}`;

function checkStep(id: CheckId) {
  const { runbook, summary }: CheckRow = CHECKS[id];
  return {
    ...QUIET,
    ...ASKING,
    title: `verify ${id}`,
    runbook,
    phase: 'prove',
    retries: 'check',
    summary,
    skippable: true,
    keeps: 'check',
  } as const;
}

const CHECK_STEPS = Object.fromEntries(CHECK_IDS.map((id) => [`verify-${id}`, checkStep(id)])) as {
  readonly [Id in CheckStepId]: ReturnType<typeof checkStep>;
};

/** The steps of the runbook, in its order. An id never changes: it is the activity's id and type in every history. */
export const STEPS = stepRows({
  'resolve-request': {
    ...QUIET,
    ...ASKING_NOBODY,
    title: 'resolve request',
    runbook: '2',
    phase: 'decide',
    retries: 'local',
    summary: 'Validate the request and join it with the service profile',
  },
  'check-access': {
    ...QUIET,
    ...ASKING,
    title: 'check access',
    runbook: '2',
    phase: 'decide',
    retries: 'cluster',
    summary: 'Permissions, paused workload, missing history and references, before anything is changed',
    skippable: true,
    onRetry: 'plan-anew',
  },
  'identify-versions': {
    ...QUIET,
    ...ASKING,
    title: 'identify versions',
    runbook: '3.1',
    phase: 'decide',
    retries: 'cluster',
    summary: 'What runs, what the history has, what is known to be good',
    onRetry: 'plan-anew',
  },
  'assess-need': {
    ...QUIET,
    ...ASKING,
    title: 'assess need',
    runbook: '1',
    phase: 'decide',
    retries: 'measure',
    summary: 'Is it the release: what is measured now, against before it became live',
    skippable: true,
    // It is assessed, and somebody may be asked whether the run goes on.
    answers: ANSWERS,
    onRetry: 'plan-anew',
    keeps: 'need',
  },
  plan: {
    ...QUIET,
    ...ASKING,
    title: 'plan',
    runbook: '3.1',
    phase: 'decide',
    retries: 'cluster',
    summary: 'Pin the exact target and show the change',
    // A plan is there, and somebody may be asked whether it is carried out.
    answers: ANSWERS,
    onRetry: 'plan-anew',
  },
  'plan-group': {
    ...QUIET,
    ...ASKING_NOBODY,
    title: 'plan group',
    runbook: '3.1',
    phase: 'decide',
    retries: 'cluster',
    summary: 'The plans of all members as one, to be approved and carried out together',
  },
  'identify-holder': {
    ...QUIET,
    ...ASKING_NOBODY,
    title: 'identify holder',
    runbook: '2',
    phase: 'decide',
    retries: 'lock',
    summary: 'Another run holds the lock of the target: which one, and is it still open',
  },
  'take-snapshot': {
    ...QUIET,
    ...ASKING,
    title: 'take snapshot',
    runbook: '2',
    phase: 'act',
    retries: 'cluster',
    summary: 'Keep what is live now, so that it can be restored',
    skippable: true,
    onRetry: 'plan-anew',
    keeps: 'snapshot',
  },
  'check-preconditions': {
    ...QUIET,
    ...ASKING,
    title: 'check preconditions',
    runbook: '2',
    phase: 'decide',
    retries: 'questions',
    summary: 'What has to hold before the change: image, gate, freezes, quota, and who else may act',
    // What blocks is not left out: whoever means it starts again with force and a reason.
    answers: ANSWERS,
    onRetry: 'plan-anew',
  },
  'restore-config': {
    ...QUIET,
    ...ASKING,
    title: 'restore config',
    runbook: '5',
    phase: 'act',
    retries: 'cluster',
    summary: 'Write the content that was proved back into the ConfigMaps of the service, before its template',
    onRetry: 'plan-anew',
    changes: true,
    keeps: 'change',
  },
  'roll-back': {
    ...QUIET,
    ...ASKING,
    title: 'roll back',
    runbook: '3.2, 4',
    phase: 'act',
    retries: 'change',
    summary: 'Write the pinned version as compare-and-set',
    // What was refused was planned on something that is not there any more.
    onRetry: 'plan-anew',
    changes: true,
    keeps: 'change',
  },
  'wait-for-rollout': {
    ...QUIET,
    ...ASKING,
    title: 'wait for rollout',
    runbook: '3.2, 4',
    phase: 'act',
    retries: 'rollout',
    summary: 'Watch until every running instance is of the pinned version',
    onRetry: 'change-again',
    keeps: 'rollout',
    progress: 'every-message',
  },
  ...CHECK_STEPS,
  'measure-impact': {
    ...QUIET,
    ...ASKING_NOBODY,
    title: 'measure impact',
    runbook: '7.1',
    phase: 'prove',
    retries: 'measure',
    summary: 'The same numbers as before the rollback, taken again after it',
    keeps: 'impact',
  },
  'watch-service': {
    ...QUIET,
    ...ASKING,
    title: 'watch service',
    runbook: '7.3',
    phase: 'prove',
    retries: 'watch',
    summary: 'Keep watching after the success: is it changed back, does it stay well',
  },
  'record-known-good': {
    ...QUIET,
    ...ASKING_NOBODY,
    title: 'record known-good',
    runbook: '2',
    phase: 'tell',
    retries: 'record',
    summary: 'Keep the evidence beside the service',
  },
  notify: {
    ...QUIET,
    ...ASKING_NOBODY,
    title: 'notify',
    runbook: '7.1',
    phase: 'tell',
    retries: 'message',
    summary: 'Tell engineering, SRE and product what happened',
    addressed: true,
  },
  'record-incident': {
    ...QUIET,
    ...ASKING_NOBODY,
    title: 'record incident',
    runbook: '7.2',
    phase: 'tell',
    retries: 'record',
    summary: 'Write the incident record from what really ran',
    keeps: 'record',
  },
});

export type StepId = keyof typeof STEPS;
/** Every step, in the order of the runbook. */
export const STEP_IDS = Object.keys(STEPS) as readonly StepId[];

/** Whether a name is a step of this runbook: a history may be of a newer one. */
export function isStepId(name: string | null | undefined): name is StepId {
  return typeof name === 'string' && Object.hasOwn(STEPS, name);
}
