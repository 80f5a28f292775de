import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import {
  type ActivityOptions,
  CancellationScope,
  createEventGroup,
  defineQuery,
  isCancellation,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/index.ts';
import type { KnownGoodEvidence } from '../activities/record-known-good.ts';
import { announce } from '../domain/announce.ts';
import type { ErrorType } from '../domain/errors.ts';
import {
  completedEntry,
  type LedgerEntry,
  type RunOutcome,
  type RunReport,
  type StepResult,
} from '../domain/ledger.ts';
import type { ShownPlan } from '../domain/plan.ts';
import { detailsOf } from '../domain/progress.ts';
import type { ResolvedRun } from '../domain/request.ts';
import { SEARCH_ATTRIBUTES } from '../domain/search-attributes.ts';
import { STEPS, type StepId } from '../domain/steps.ts';
import { failedEntry, failureOf, isExpected, reasonOf } from './failures.ts';
import { optionsOf } from './step-options.ts';

/** The report so far. It answers on closed runs too, as long as a worker is up. */
export const reportQuery = defineQuery<RunReport>('report');

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);

const activities = proxyActivities<Activities>({ startToCloseTimeout: '1 minute' });

type Step = keyof Activities;
type ValueOf<S extends Step> = Awaited<ReturnType<Activities[S]>>['value'];

/** How a run ends: with an outcome and, when that is not a success, with an error of the catalogue. */
export interface Ending {
  readonly outcome: RunOutcome;
  readonly summary: string;
  readonly error?: { readonly type: ErrorType; readonly message: string };
  /** What is recorded beside the service while people are told. */
  readonly evidence?: KnownGoodEvidence;
}

/** A run of a runbook: carries out steps, keeps the ledger, and shows where it stands. */
export interface Run {
  /** Carries out one step as an activity of the same id and enters it into the ledger. */
  step<S extends Step>(step: S, ...args: Parameters<Activities[S]>): Promise<ValueOf<S>>;
  /** Makes the resolved request known to report and search attributes. */
  adoptRequest(request: ResolvedRun): void;
  adoptPlan(plan: ShownPlan): void;
}

/** What only `carryOut` may do with a run. */
interface OpenRun extends Run {
  /** Runbook 7: fixes how the run ends, tells people, keeps evidence and record. What fails here stops nothing. */
  close(ending: Ending): Promise<void>;
  report(): RunReport;
}

/**
 * Opens a run and carries out the runbook's text. However the text ends, the run is closed as a whole: a cancellation
 * that comes while people are told changes nothing any more.
 * @returns the report. A run that did not reach its aim fails with an error of the catalogue that holds the report.
 */
export async function carryOut(
  workflow: RunReport['workflow'],
  text: (run: Run) => Promise<Ending>,
): Promise<RunReport> {
  const run = openRun(workflow);
  let ending: Ending;
  let cause: unknown;
  try {
    ending = await text(run);
  } catch (error) {
    if (!isExpected(error)) throw error;
    ending = endingOf(error);
    cause = error;
  }
  await CancellationScope.nonCancellable(() => run.close(ending));
  if (isCancellation(cause)) throw cause;
  const report = run.report();
  if (report.error) throw failureOf(report);
  return report;
}

function endingOf(error: unknown): Ending {
  if (isCancellation(error)) return { outcome: 'cancelled', summary: 'cancelled on request' };
  const reason = reasonOf(error);
  return { outcome: 'failed', summary: `${reason.type}: ${reason.message}`, error: reason };
}

function openRun(workflow: RunReport['workflow']): OpenRun {
  const { workflowId, runId, startTime } = workflowInfo();
  const ledger: LedgerEntry[] = [];
  const running = new Set<StepId>();
  const groups = new Map<string, ReturnType<typeof createEventGroup>>();
  let report: RunReport = {
    workflow,
    workflowId,
    runId,
    outcome: 'running',
    summary: '',
    startedAt: startTime.toISOString(),
    ledger,
  };
  setHandler(reportQuery, () => report, { description: 'The ledger of this run so far' });

  const now = () => new Date().toISOString();
  const show = () => setCurrentDetails(detailsOf(report, [...running]));
  const unindexed = new Map<keyof typeof SEARCH_ATTRIBUTES, string>();
  /** What changes within one workflow task becomes one event of the history. */
  const index = (name: keyof typeof SEARCH_ATTRIBUTES, value: string) => {
    if (unindexed.size === 0) void Promise.resolve().then(flushIndex);
    unindexed.set(name, value);
  };
  const flushIndex = () => {
    const pairs = [...unindexed].map(([name, value]) => ({ key: keyword(SEARCH_ATTRIBUTES[name]), value }));
    unindexed.clear();
    if (report.request?.searchAttributes) upsertSearchAttributes(pairs);
  };
  const groupOf = (phase: string) => {
    const group = groups.get(phase) ?? createEventGroup(phase, { id: phase });
    groups.set(phase, group);
    return group;
  };

  async function step<S extends Step>(id: S, ...args: Parameters<Activities[S]>): Promise<ValueOf<S>> {
    const receiver = id === 'notify' ? String(args[0]) : undefined;
    const startedAt = now();
    running.add(id);
    index('step', id);
    show();
    try {
      // The compiler cannot follow a generic key through the proxy; the signature above keeps callers honest.
      const activity = activities[id] as unknown as {
        executeWithOptions(options: ActivityOptions, args: unknown[]): Promise<StepResult<ValueOf<S>>>;
      };
      const result = await groupOf(STEPS[id].phase).withScope(async () =>
        activity.executeWithOptions(optionsOf(id, receiver), args),
      );
      ledger.push(completedEntry(id, result, receiver ? { receiver } : {}));
      return result.value;
    } catch (error) {
      ledger.push(failedEntry(id, error, startedAt, now(), receiver));
      throw error;
    } finally {
      running.delete(id);
      show();
    }
  }

  /** As `step`, for what must not stop the run: a failure stands in the ledger. */
  async function attempt<S extends Step>(id: S, ...args: Parameters<Activities[S]>): Promise<void> {
    try {
      await step(id, ...args);
    } catch (error) {
      if (!isExpected(error)) throw error;
    }
  }

  return {
    step,
    adoptRequest(request) {
      report = { ...report, request };
      index('service', request.service);
      index('environment', request.environment);
    },
    adoptPlan(plan) {
      report = { ...report, plan };
    },
    async close({ evidence, ...ending }) {
      report = { ...report, ...ending, finishedAt: now() };
      index('outcome', ending.outcome);
      show();
      const { request } = report;
      // A verification and a dry run are no incident: whoever asked has the answer.
      if (!request || request.dryRun || workflow === 'verify') return;
      await Promise.all([
        ...request.notifiers.map((receiver) => attempt('notify', receiver, announce(report, request))),
        ...(evidence ? [attempt('record-known-good', request.service, evidence)] : []),
      ]);
      await attempt('record-incident');
    },
    report: () => report,
  };
}

/**
 * Waits for steps that run at the same time. Unlike `Promise.all` it leaves none behind: when one fails the others
 * still end and stand in the ledger, then the first failure (in the order given) is thrown.
 */
export async function together<T extends readonly (Promise<unknown> | undefined)[]>(
  ...steps: T
): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  const settled = await Promise.allSettled(steps);
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return settled.map((result) => (result as PromiseFulfilledResult<unknown>).value) as {
    [K in keyof T]: Awaited<T[K]>;
  };
}
