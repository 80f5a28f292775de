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
}

/** A run of a runbook: carries out steps, keeps the ledger, and shows where it stands. */
export interface Run {
  /** Carries out one step as an activity of the same id and enters it into the ledger. */
  step<S extends Step>(step: S, ...args: Parameters<Activities[S]>): Promise<ValueOf<S>>;
  /** As `step`, for what must not stop the run: a failure stands in the ledger, and the run goes on. */
  attempt<S extends Step>(step: S, ...args: Parameters<Activities[S]>): Promise<void>;
  /** Makes the resolved request known to report and search attributes. */
  adoptRequest(request: ResolvedRun): void;
  adoptPlan(plan: ShownPlan): void;
  /** Fixes how the run ends; people and the record are told this. */
  conclude(ending: Ending): void;
  /** Runbook 7.1. A receiver that cannot be told is entered into the ledger and stops nothing. */
  tellPeople(): Promise<void>;
  /** Runbook 7.2. */
  keepRecord(): Promise<void>;
  report(): RunReport;
}

/**
 * Opens a run and carries out the runbook's text. However the text ends, people are told and the record is kept.
 * @returns the report. A run that did not reach its aim fails with an error of the catalogue that holds the report.
 */
export async function carryOut(
  workflow: RunReport['workflow'],
  text: (run: Run) => Promise<void>,
): Promise<RunReport> {
  const run = openRun(workflow);
  try {
    await text(run);
  } catch (error) {
    if (!isExpected(error)) throw error;
    await CancellationScope.nonCancellable(async () => {
      run.conclude(endingOf(error));
      await run.tellPeople();
      await run.keepRecord();
    });
    if (isCancellation(error)) throw error;
  }
  const report = run.report();
  if (report.error) throw failureOf(report);
  return report;
}

function endingOf(error: unknown): Ending {
  if (isCancellation(error)) return { outcome: 'cancelled', summary: 'cancelled on request' };
  const reason = reasonOf(error);
  return { outcome: 'failed', summary: `${reason.type}: ${reason.message}`, error: reason };
}

function openRun(workflow: RunReport['workflow']): Run {
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
  const index = (name: keyof typeof SEARCH_ATTRIBUTES, value: string) => {
    if (report.request?.searchAttributes) {
      upsertSearchAttributes([{ key: keyword(SEARCH_ATTRIBUTES[name]), value }]);
    }
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
      ledger.push(completedEntry(id, result, receiver));
      return result.value;
    } catch (error) {
      ledger.push(failedEntry(id, error, startedAt, now(), receiver));
      throw error;
    } finally {
      running.delete(id);
      show();
    }
  }

  async function attempt<S extends Step>(id: S, ...args: Parameters<Activities[S]>): Promise<void> {
    try {
      await step(id, ...args);
    } catch (error) {
      if (!isExpected(error) || isCancellation(error)) throw error;
    }
  }

  return {
    step,
    attempt,
    adoptRequest(request) {
      report = { ...report, request };
      index('service', request.service);
      index('environment', request.environment);
    },
    adoptPlan(plan) {
      report = { ...report, plan };
    },
    conclude(ending) {
      report = { ...report, ...ending, finishedAt: now() };
      index('outcome', ending.outcome);
      show();
    },
    async tellPeople() {
      const receivers = report.request?.notifiers ?? [];
      await Promise.all(receivers.map((receiver) => attempt('notify', receiver, report)));
    },
    async keepRecord() {
      if (report.request) await attempt('record-incident', report);
    },
    report: () => report,
  };
}

/**
 * Waits for steps that run at the same time. Unlike `Promise.all` it leaves none behind: when one fails the others
 * still end and stand in the ledger, then the first failure (in the order given) is thrown.
 */
export async function together<T extends readonly Promise<unknown>[]>(
  ...steps: T
): Promise<{ [K in keyof T]: Awaited<T[K]> }> {
  const settled = await Promise.allSettled(steps);
  const failed = settled.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
  return settled.map((result) => (result as PromiseFulfilledResult<unknown>).value) as {
    [K in keyof T]: Awaited<T[K]>;
  };
}
