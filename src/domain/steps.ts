/** The steps of the runbook, in its order. An id never changes: it is the activity id in every history. */
export const STEP_IDS = [
  'resolve-request',
  'check-access',
  'identify-versions',
  'plan',
  'identify-holder',
  'take-snapshot',
  'roll-back',
  'wait-for-rollout',
  'verify-health',
  'verify-chat',
  'verify-agents',
  'verify-metrics',
  'watch-service',
  'record-known-good',
  'notify',
  'record-incident',
] as const;
export type StepId = (typeof STEP_IDS)[number];

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
export const PROFILES = {
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
  /** Repeated looks at the service within the check's own budget. */
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
  /** Waiting for the server to free a claim whose run has just closed. */
  claim: { startToClose: 30, scheduleToClose: 120, retry: { initial: 0.2, backoff: 2, maximum: 5 } },
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

/** One row of the step catalogue. */
export interface StepEntry {
  /** As people read it in the CLI, the Temporal UI and the record. */
  readonly title: string;
  /** The line of the runbook that the step carries out. */
  readonly runbook: string;
  /** Event group in the history. */
  readonly phase: 'decide' | 'act' | 'prove' | 'tell';
  readonly profile: keyof typeof PROFILES;
  /** One line for the Temporal UI's timeline. */
  readonly summary: string;
}

/** Retry profile, time-outs, heartbeat and summary of every step. */
export const STEPS: Readonly<Record<StepId, StepEntry>> = {
  'resolve-request': {
    title: 'resolve request',
    runbook: '2',
    phase: 'decide',
    profile: 'local',
    summary: 'Validate the request and join it with the service profile',
  },
  'check-access': {
    title: 'check access',
    runbook: '2',
    phase: 'decide',
    profile: 'cluster',
    summary: 'Permissions, paused workload, missing history and references, before anything is changed',
  },
  'identify-versions': {
    title: 'identify versions',
    runbook: '3.1',
    phase: 'decide',
    profile: 'cluster',
    summary: 'What runs, what the history has, what is known to be good',
  },
  plan: {
    title: 'plan',
    runbook: '3.1',
    phase: 'decide',
    profile: 'cluster',
    summary: 'Pin the exact target and show the change',
  },
  'identify-holder': {
    title: 'identify holder',
    runbook: '2',
    phase: 'decide',
    profile: 'claim',
    summary: 'Another run has claimed the target: which one, and is it still open',
  },
  'take-snapshot': {
    title: 'take snapshot',
    runbook: '2',
    phase: 'act',
    profile: 'cluster',
    summary: 'Keep what is live now, so that there is a way back',
  },
  'roll-back': {
    title: 'roll back',
    runbook: '3.2, 4',
    phase: 'act',
    profile: 'change',
    summary: 'Write the pinned version as compare-and-set',
  },
  'wait-for-rollout': {
    title: 'wait for rollout',
    runbook: '3.2, 4',
    phase: 'act',
    profile: 'rollout',
    summary: 'Watch until every running instance is of the pinned version',
  },
  'verify-health': {
    title: 'verify health',
    runbook: '6.1',
    phase: 'prove',
    profile: 'check',
    summary: 'GET /health: status ok, provider and model as known good',
  },
  'verify-chat': {
    title: 'verify chat',
    runbook: '6.2',
    phase: 'prove',
    profile: 'check',
    summary: 'POST /api/v1/chat: a real answer with our correlation id',
  },
  'verify-agents': {
    title: 'verify agents',
    runbook: '6.3',
    phase: 'prove',
    profile: 'check',
    summary: 'GET /api/v1/agents: healthy, or degraded and not getting worse',
  },
  'verify-metrics': {
    title: 'verify metrics',
    runbook: '6.4',
    phase: 'prove',
    profile: 'check',
    summary: 'Scrape every instance: failures have stopped growing',
  },
  'watch-service': {
    title: 'watch service',
    runbook: '7.3',
    phase: 'prove',
    profile: 'watch',
    summary: 'Keep looking after the success: is it changed back, does it stay well',
  },
  'record-known-good': {
    title: 'record known-good',
    runbook: '2',
    phase: 'tell',
    profile: 'record',
    summary: 'Keep the evidence beside the service',
  },
  notify: {
    title: 'notify',
    runbook: '7.1',
    phase: 'tell',
    profile: 'message',
    summary: 'Tell engineering, SRE and product what happened',
  },
  'record-incident': {
    title: 'record incident',
    runbook: '7.2',
    phase: 'tell',
    profile: 'record',
    summary: 'Write the incident record from what really ran',
  },
};
