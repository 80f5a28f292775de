import { RETRY_PROFILES, STEPS, type StepId } from '../steps/steps.ts';
import type { RunPolicy } from './policy.ts';

/** How a run was started, as the Temporal server tells it. Times are in ms, by the server's own clock. */
export interface RunStart {
  /** When it was due: when it was started, or later for a delayed start, or when its schedule wanted it; reset: then. */
  readonly dueAt: number;
  /** When a worker took it up. */
  readonly servedAt: number;
  /** How many arguments the workflow was given. */
  readonly inputs: number;
  readonly executionTimeoutMs?: number;
  readonly runTimeoutMs?: number;
  /** Whether the server would run it once more after a failure. */
  readonly isRetried: boolean;
  readonly cron?: string;
  /** Whether another run of the same cron schedule or retry policy came before. */
  readonly isRepetition: boolean;
  /** The run that started it as its child. */
  readonly parent?: { readonly workflowId: string; readonly runId: string };
}

/** Why a run ends before anything is looked at. */
export interface Refusal {
  readonly type: 'StartExpired' | 'StartRefused';
  readonly message: string;
  /** A run before it has told people of the same. */
  readonly quiet?: true;
}

/** How long a run may wait for a worker unless the profile says otherwise, in ms. */
export const DEFAULT_START_WITHIN_MS = 10 * 60_000;

/** What a run needs to be started with. */
export interface StartDemands {
  readonly startWithinMs: number;
  /** How long it may take, in ms. */
  readonly needsMs: number;
  /** A dry run changes nothing: it may be ended in the middle, and repeated. */
  readonly dryRun: boolean;
}

/** What stands against carrying out a run that was started like this; nothing when it may begin. */
export function refusalOf(
  start: RunStart,
  { startWithinMs, needsMs, dryRun }: StartDemands,
): Refusal | undefined {
  const { dueAt, servedAt, isRepetition } = start;
  const waited = servedAt - dueAt;
  if (waited > startWithinMs) {
    const due = new Date(dueAt).toISOString();
    return {
      type: 'StartExpired',
      message: `it was due at ${due} and no worker took it up for ${inWords(waited)}, which is longer than startWithin (${inWords(startWithinMs)}); nothing was changed. Start a new run if it is still wanted`,
    };
  }
  const problem = dryRun ? undefined : strangeness(start, needsMs);
  if (!problem) return undefined;
  const message = `the run was started with ${problem}; nothing was changed`;
  return { type: 'StartRefused', message, ...(isRepetition ? { quiet: true } : {}) };
}

function strangeness({ cron, isRetried, executionTimeoutMs, runTimeoutMs }: RunStart, needsMs: number) {
  if (cron) {
    return `the cron schedule "${cron}", which would repeat it for as long as nobody ends it: terminate the workflow, and use a Temporal Schedule for starts that repeat`;
  }
  if (isRetried) {
    return 'a workflow retry policy, which could carry it out several times: start it without one, its steps are retried by themselves';
  }
  const limits = [
    ['an execution timeout', executionTimeoutMs],
    ['a run timeout', runTimeoutMs],
  ] as const;
  const short = limits.find(([, ms]) => ms !== undefined && ms < needsMs);
  if (!short) return undefined;
  const [what, ms = 0] = short;
  return `${what} of ${inWords(ms)}, and may need ${inWords(needsMs)}: Temporal could end it after the change, and nobody would be told. Start it without one, each of its steps has a deadline of its own`;
}

/** Steps of a run as they follow each other; of those at the same time the longest. */
const ONE_AFTER_THE_OTHER: Readonly<Record<'rollback' | 'verify', readonly StepId[]>> = {
  rollback: [
    'resolve-request',
    'identify-versions',
    'assess-need',
    'plan',
    'check-preconditions',
    'identify-holder',
    'restore-config',
    'roll-back',
    'wait-for-rollout',
    'verify-health',
    'verify-chat',
    'verify-agents',
    'measure-impact',
    'record-known-good',
    'record-incident',
  ],
  verify: [
    'resolve-request',
    'wait-for-rollout',
    'identify-versions',
    'verify-health',
    'verify-chat',
    'verify-agents',
    'record-known-good',
  ],
};

/** Steps that are carried out where the profile asks for them only. */
const BY_POLICY: Readonly<Partial<Record<StepId, (policy: RunPolicy | undefined) => boolean>>> = {
  'assess-need': (policy) => policy?.need !== undefined,
  'measure-impact': (policy) => policy?.need !== undefined,
  'check-preconditions': (policy) => policy?.preconditions === true,
};

/**
 * The longest that a run takes by itself, in ms: every step to its own deadline, for a rollback once for each target that
 * it may fall back to and once to restore, each time with a decision that nobody answers, one approval and one pause.
 * What people lead it on to comes on top.
 */
export function longestRunMs(kind: keyof typeof ONE_AFTER_THE_OTHER, policy?: RunPolicy): number {
  const steps = ONE_AFTER_THE_OTHER[kind]
    .filter((step) => BY_POLICY[step]?.(policy) ?? true)
    .reduce((sum, step) => sum + RETRY_PROFILES[STEPS[step].retries].scheduleToClose * 1000, 0);
  if (!policy) return steps;
  const { decisions, approval, pauseMs } = policy;
  const longestWait = Math.max(
    decisions.waitMs,
    ...Object.values(decisions.steps).map(({ waitMs = 0 }) => waitMs),
  );
  const ways = decisions.fallBacks + 2;
  return ways * (steps + longestWait) + pauseMs + (approval.required ? approval.expiresMs : 0);
}

function inWords(ms: number): string {
  if (ms < 120_000 && ms % 60_000 !== 0) return `${Math.round(ms / 1000)} s`;
  if (ms < 3 * 3_600_000) return `${Math.round(ms / 6000) / 10} min`;
  return `${Math.round(ms / 360_000) / 10} h`;
}
