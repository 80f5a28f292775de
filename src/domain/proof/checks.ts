import type { Instant, Json } from '../json.ts';
import type { Verdict } from './verdict.ts';

/** What others need to know of a check: how it stands among the others, and what a run gives it. */
export interface CheckRow<Id extends string = string> {
  /** Section of docs/runbook.md that it carries out. */
  readonly runbook: string;
  /** One line for the Temporal UI's timeline. */
  readonly summary: string;
  /** Checks that come before it where they are configured: its verdict rests on what they set going, or on their pass. */
  readonly after: readonly Id[];
  /** Whether nothing behind it means anything while it fails, or reaches nobody. */
  readonly stopsRest: boolean;
  /** Whom it asks: the service's endpoint, or where the profile says so every running instance by itself. */
  readonly asks: 'endpoint' | 'instances';
  /** Whether it has to know which plans our own smoke messages have started: its numbers hold them as well. */
  readonly discountsOwnPlans: boolean;
}

/** Rows whose `after` names rows of the same table. */
function checkRows<const Rows extends { readonly [Id in keyof Rows]: CheckRow<keyof Rows & string> }>(
  rows: Rows,
): Rows {
  return rows;
}

/**
 * The areas of runbook 6 that a check can prove well. Health first: nothing behind it means anything while it
 * fails. Chat before agents and metrics: their state moves only on traffic (service contract, 5.3).
 * What a check does stands in `checks/`, a folder each, and not here: workflows read these rows, and their bundle may hold
 * no zod and nothing that reaches the outside. `checks/catalogue.ts` has a line for each row, or does not compile.
 */
export const CHECKS = checkRows({
  health: {
    runbook: '6.1',
    summary: 'GET /health: status ok, provider and model as known good',
    after: [],
    stopsRest: true,
    asks: 'endpoint',
    discountsOwnPlans: false,
  },
  chat: {
    runbook: '6.2',
    summary: 'POST /api/v1/chat: a real answer with our correlation id',
    after: ['health'],
    stopsRest: false,
    asks: 'endpoint',
    discountsOwnPlans: false,
  },
  agents: {
    runbook: '6.3',
    summary: 'GET /api/v1/agents: healthy, or degraded and not getting worse',
    after: ['chat'],
    stopsRest: false,
    asks: 'instances',
    discountsOwnPlans: true,
  },
  metrics: {
    runbook: '6.4',
    summary: 'Scrape every instance: failures have stopped growing',
    after: ['chat'],
    stopsRest: false,
    asks: 'instances',
    discountsOwnPlans: true,
  },
});

export type CheckId = keyof typeof CHECKS;
/** Every check, in the order in which they are shown. */
export const CHECK_IDS = Object.keys(CHECKS) as readonly CheckId[];

/**
 * The checks in the order in which they run: those of one group do not depend on each other and run at the same time. A
 * group comes when the one before it has ended, whether or not the checks of that are configured.
 */
export function checkGroups(): readonly (readonly CheckId[])[] {
  const byDepth = Map.groupBy(CHECK_IDS, depthOf);
  return [...byDepth].sort(([a], [b]) => a - b).map(([, ids]) => ids);
}

function depthOf(id: CheckId): number {
  const { after }: CheckRow<CheckId> = CHECKS[id];
  return after.length === 0 ? 0 : 1 + Math.max(...after.map(depthOf));
}

/** One probe of the service, kept as evidence. */
export interface Sample {
  readonly at: Instant;
  readonly verdict: Verdict;
  /** One line that says what was observed, without secrets, at most 200 characters. */
  readonly observed: string;
  /** How long the probe took, in milliseconds. */
  readonly ms: number;
}

/**
 * Plans that our own smoke messages started in the service, and how many of them it counted as failed: its metrics
 * hold them as well (service contract, 4.6).
 */
export interface OwnPlans {
  readonly started: number;
  readonly failed: number;
  /** Messages whose answer was good; a false success is none. Records of before do not have it. */
  readonly answered?: number;
}

/** How many of our own plans say something about the service: what a failed message has moved proves nothing. */
export function provingPlans({ started, failed, answered = started }: OwnPlans): number {
  return Math.max(0, Math.min(answered, started - failed));
}

/** What one check found, over all of its samples. */
export interface CheckResult {
  readonly check: CheckId;
  readonly verdict: Verdict;
  /** One line for people, for example `3 of 3 good: status ok, openrouter / claude`. */
  readonly summary: string;
  /** Samples taken, and how many good ones in a row were needed and reached at the end. */
  readonly samples: number;
  readonly needed: number;
  readonly inARow: number;
  /** Values worth keeping as a baseline: provider, model, agent states, counters. Small, without secrets. */
  readonly values: { readonly [name: string]: Json };
  /** The last samples and the first that was not good, capped at {@link EVIDENCE_SAMPLES}. */
  readonly evidence: readonly Sample[];
  /** Only for a check that sent messages: what they set going. */
  readonly ownPlans?: OwnPlans;
  /** True when not one probe of its whole budget had an answer: the summary says where it knocked. */
  readonly reachedNobody?: boolean;
  /** True when nothing but our own failed messages has moved what it looks at: then it is inconclusive. */
  readonly onlyOurs?: boolean;
  /** True when the same check had failed on the known-good version too: no proof against the rollback. */
  readonly failedBefore?: boolean;
}

/** How many samples of a check are kept as evidence. */
export const EVIDENCE_SAMPLES = 5;
