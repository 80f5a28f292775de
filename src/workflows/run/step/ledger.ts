import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import {
  defineQuery,
  defineSignal,
  setCurrentDetails,
  setHandler,
  upsertSearchAttributes,
  workflowInfo,
} from '@temporalio/workflow';
import type { LedgerEntry, RunReport } from '../../../domain/ledger/ledger.ts';
import { detailsOf } from '../../../domain/ledger/progress.ts';
import type { RunEvent } from '../../../domain/people/events.ts';
import type { Waiting } from '../../../domain/people/waiting.ts';
import type { RunPolicy } from '../../../domain/request/policy.ts';
import { SEARCH_ATTRIBUTES, type SearchAttribute } from '../../../domain/request/search-attributes.ts';
import type { WorkflowKind } from '../../../domain/request/workflow-kinds.ts';
import { type FailingStep, readFailingStep, STEP_FAILING } from '../../../domain/steps/failing-step.ts';
import type { StepId } from '../../../domain/steps/steps.ts';

/** The report so far. It answers on closed runs too, as long as a worker is up. */
export const reportQuery = defineQuery<RunReport>('report');

/** What a run knows of itself, and where it can be seen: the report, the Temporal UI's details, search attributes. */
export interface RunLedger {
  report(): RunReport;
  /** How the run behaves beside its steps; none in histories of before there were policies. No part of the report. */
  policy(): RunPolicy | undefined;
  adoptPolicy(policy: RunPolicy | undefined): void;
  adopt(part: Partial<RunReport>): void;
  /** What a running step is tried again for, as far as it has told. */
  failing(step: StepId): FailingStep | undefined;
  /** A step begins: it shows as running. */
  begin(step: StepId): void;
  /** A step has ended, with its line of the ledger. */
  end(step: StepId, entry: LedgerEntry): void;
  /** Enters what happened beside the steps. @returns the line as it stands there. */
  record(event: Omit<RunEvent, 'at'>): RunEvent;
  /** Shows what a person is waited for with; undefined: nothing any more. */
  showWaiting(waiting: Waiting | undefined): void;
  index(name: SearchAttribute, value: string): void;
}

/** The workflow's clock: the same at every replay. */
export function now(): string {
  return new Date().toISOString();
}

/** From now on, for as long as something is waited for. In ms. */
export function periodOf(ms: number): { readonly openedAt: string; readonly dueAt: string } {
  const openedAt = new Date();
  return { openedAt: openedAt.toISOString(), dueAt: new Date(openedAt.getTime() + ms).toISOString() };
}

const keyword = (name: string) => defineSearchAttributeKey(name, SearchAttributeType.KEYWORD);

export function openLedger(workflow: WorkflowKind): RunLedger {
  const { workflowId, runId, startTime } = workflowInfo();
  const entries: LedgerEntry[] = [];
  const events: RunEvent[] = [];
  const running: StepId[] = [];
  const failing = new Map<StepId, FailingStep>();
  let policy: RunPolicy | undefined;
  let report: RunReport = {
    workflow,
    workflowId,
    runId,
    outcome: 'running',
    summary: '',
    startedAt: startTime.toISOString(),
    ledger: entries,
  };
  setHandler(reportQuery, () => report, { description: 'The ledger of this run so far' });

  setHandler(defineSignal<[unknown]>(STEP_FAILING), (input) => {
    const told = readFailingStep(input);
    if (told && running.includes(told.step)) failing.set(told.step, told);
  });

  const show = () => setCurrentDetails(detailsOf(report, running));
  const unindexed = new Map<SearchAttribute, string>();
  const flushIndex = () => {
    const { searchAttributes = false, unindexed: leftOut = [] } = report.request ?? {};
    const pairs = [...unindexed]
      .filter(([name]) => !leftOut.includes(name))
      .map(([name, value]) => ({ key: keyword(SEARCH_ATTRIBUTES[name]), value }));
    unindexed.clear();
    if (searchAttributes && pairs.length > 0) upsertSearchAttributes(pairs);
  };

  /** What changes within one workflow task becomes one event of the history. */
  const index: RunLedger['index'] = (name, value) => {
    if (unindexed.size === 0) void Promise.resolve().then(flushIndex);
    unindexed.set(name, value);
  };

  return {
    index,
    report: () => report,
    failing: (step) => failing.get(step),
    policy: () => policy,
    adoptPolicy(adopted) {
      policy = adopted;
    },
    adopt(part) {
      report = { ...report, ...part };
      show();
    },
    begin(step) {
      running.push(step);
      // A run that waits for somebody is found by that, whatever is told meanwhile.
      if (!report.waitingFor) index('step', step);
      show();
    },
    end(step, entry) {
      entries.push(entry);
      running.splice(running.indexOf(step), 1);
      failing.delete(step);
      show();
    },
    record(event) {
      const line = { ...event, at: now() };
      events.push(line);
      report = { ...report, events };
      show();
      return line;
    },
    showWaiting(waiting) {
      const { waitingFor: _waitingFor, ...rest } = report;
      report = waiting ? { ...rest, waitingFor: waiting } : rest;
      if (waiting) index('step', `waits-for-${waiting.kind}`);
      show();
    },
  };
}
