import type { RunReport } from '../../domain/ledger/ledger.ts';
import { timelineOf } from '../../domain/ledger/timeline.ts';
import { WORKFLOW_ROWS, type WorkflowRow } from '../../domain/request/workflow-kinds.ts';
import { headLine, noteLines, planLine, type RunningStep, storyLine } from './run-lines.ts';
import type { Screen } from './screen.ts';
import { waitingLine } from './waiting-lines.ts';

interface PrinterOptions {
  readonly link?: string;
  /** What stands in front of the commands that answer the run. */
  readonly prefix?: string;
}

/** Prints what is new of a report: the head once there is something to say, then each step, event and wait once. */
export function runPrinter(screen: Screen, { link, prefix }: PrinterOptions) {
  let steps = 0;
  let events = 0;
  let headed = false;
  let plan = '';
  const waits = new Set<string>();
  return (report: RunReport, running: readonly RunningStep[]): void => {
    const { waitingFor, ledger, workflowId } = report;
    if (!headed && !isWorthAHead(report)) {
      screen.running(running);
      return;
    }
    if (!headed) screen.line(headLine(report, link, Date.now()));
    else if (report.plan && report.plan.hash !== plan) screen.line(planLine(report.plan, Date.now()));
    headed = true;
    if (report.plan && report.plan.hash !== plan) for (const note of noteLines(report)) screen.line(note);
    plan = report.plan?.hash ?? plan;
    const happened = report.events ?? [];
    for (const line of timelineOf(ledger.slice(steps), happened.slice(events))) {
      screen.line(storyLine(line));
    }
    steps = ledger.length;
    events = happened.length;
    if (waitingFor && !waits.has(waitingFor.id)) {
      waits.add(waitingFor.id);
      screen.line(waitingLine(waitingFor, { workflowId, prefix }));
    }
    screen.running(running);
  };
}

/** A plan says the most; without one there is nothing to wait for any more, or somebody is asked already. */
function isWorthAHead({
  plan,
  groupPlan,
  finishedAt,
  workflow,
  request,
  events,
  waitingFor,
}: RunReport): boolean {
  const row: WorkflowRow = WORKFLOW_ROWS[workflow];
  // That a member of a group has its plan is not worth one yet.
  const isAsked = events?.some(({ kind }) => kind !== 'group');
  const isPlanless = !row.plans && request !== undefined;
  return Boolean(plan || groupPlan || finishedAt || isPlanless || waitingFor || isAsked);
}
