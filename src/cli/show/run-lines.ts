import { memberInWords, planInWords } from '../../domain/ledger/group.ts';
import type { LedgerEntry, RunReport } from '../../domain/ledger/ledger.ts';
import { type StoryLine, timelineOf } from '../../domain/ledger/timeline.ts';
import { inWords, type RunEvent } from '../../domain/people/events.ts';
import { WORKFLOW_ROWS } from '../../domain/request/workflow-kinds.ts';
import { STEPS, type StepId } from '../../domain/steps/steps.ts';
import { namesOf, type ShownPlan } from '../../domain/versions/plan.ts';
import { ago, seconds } from '../../report/durations.ts';
import { waitingLines } from './waiting-lines.ts';

/** A step that runs now, and the last thing it said. */
export interface RunningStep {
  readonly step: StepId;
  readonly message: string;
  /** Why it is tried again: how its last attempt has failed. */
  readonly failure?: string;
  readonly since: string;
  readonly attempt: number;
}

const TITLE_WIDTH = 19;
const WHAT_WIDTH = 64;

/** `rollback orchestrator  0.2.0 -> 0.1.0  known-good, verified 3 h ago        <link>` */
export function headLine(report: RunReport, link: string | undefined, now: number): string {
  const { request, plan, groupPlan, workflow } = report;
  const what = request?.dryRun ? 'plan' : WORKFLOW_ROWS[workflow].title;
  const parts = [`${what} ${request?.service ?? ''}`.trim()];
  if (plan) parts.push(...planParts(plan, now));
  if (groupPlan) parts.push(planInWords(groupPlan));
  if (link) parts.push(`      ${link}`);
  return parts.join('  ');
}

/** What a plan says of itself beside the change, a line each; a dry run shows them with its plan. */
export function noteLines({ plan, groupPlan, request }: RunReport): string[] {
  if (request?.dryRun) return [];
  const ofMembers = groupPlan?.members ?? [];
  return [
    ...(plan?.warnings ?? []).map((warning) => `   note  ${warning}`),
    ...ofMembers.flatMap((member) =>
      member.plan.warnings.map((warning) => `   note  ${member.service}: ${warning}`),
    ),
  ];
}

/** The line of a plan that a run has made anew, or that became known after its head. */
export function planLine(plan: ShownPlan, now: number): string {
  return ['   plan', ...planParts(plan, now)].join('  ');
}

function planParts(plan: ShownPlan, now: number): string[] {
  const basis = {
    'known-good': `known-good, verified ${plan.verifiedAt ? ago(plan.verifiedAt, now) : 'before'}`,
    'rolled-back-before': 'an earlier rollback put it there',
    'previous-without-evidence': 'the version before, without known-good evidence',
    asked: 'as asked',
    snapshot: 'what ran before the rollback',
  }[plan.basis];
  const { from, to } = namesOf(plan);
  return [plan.changesNothing ? to : `${from} -> ${to}`, basis];
}

/** ` • decision            ada: retry (the registry is back)` */
export function eventLine(event: RunEvent): string {
  return line('•', event.kind, inWords(event), '').trimEnd();
}

/** The line of a step or an event. */
export function storyLine({ step, event }: StoryLine): string {
  return step ? stepLine(step) : eventLine(event);
}

/** ` ✓ identify versions   0.2.0 (revision 7) runs …      0.1 s` */
export function stepLine(entry: LedgerEntry): string {
  const good = entry.outcome === 'completed' && (entry.verdict === undefined || entry.verdict === 'passed');
  const mark = good ? '✓' : entry.outcome === 'completed' && entry.verdict === 'inconclusive' ? '?' : '✗';
  const attempts = entry.attempts > 1 ? ` (attempt ${entry.attempts})` : '';
  return line(
    mark,
    titleOf(entry.step, entry.receiver),
    `${entry.summary}${attempts}`,
    seconds(entry.startedAt, entry.finishedAt),
  );
}

/** ` ⠋ wait for rollout    2 of 3 replicas updated      1.2 s`, never longer than the terminal has columns. */
export function runningLine(
  running: RunningStep,
  frame: string,
  now: number,
  columns = Number.POSITIVE_INFINITY,
): string {
  const { step, since } = running;
  const took = seconds(since, new Date(now).toISOString());
  const rest = TITLE_WIDTH + took.length + 6;
  const width = Math.max(0, Math.min(WHAT_WIDTH, columns - rest));
  const what = doing(running).replaceAll(/\s+/g, ' ').slice(0, width);
  return row(frame, titleOf(step), what, width, took);
}

/** What a running step does, in words: `attempt 4, again after: connect ECONNREFUSED 127.0.0.1:6443`. */
export function doing({ message, failure, attempt }: RunningStep): string {
  if (attempt < 2) return message;
  // What it says of itself may be of an attempt that has failed since.
  return failure ? `attempt ${attempt}, again after: ${failure}` : `${message} (attempt ${attempt})`;
}

/** What a run does that is under way: ` … check access          attempt 24, again after: … ` */
export function underWayLines(report: RunReport, running: readonly RunningStep[], now: number): string[] {
  const took = seconds(report.startedAt, new Date(now).toISOString());
  if (running.length === 0) return [`running for ${took}`];
  const steps = running.map((step) =>
    line('…', titleOf(step.step), doing(step), seconds(step.since, new Date(now).toISOString())),
  );
  const titles = running.map(({ step, attempt }) =>
    attempt > 1 ? `${titleOf(step)} (attempt ${attempt})` : titleOf(step),
  );
  return [...steps, `running for ${took}: ${titles.join(', ')}`];
}

/** The last line: how it ended. */
export function endLine(report: RunReport): string {
  return `${report.outcome}: ${report.summary}  (${seconds(report.startedAt, report.finishedAt ?? report.startedAt)})`;
}

/** The step's title, with the receiver of a message. */
export function titleOf(step: StepId, receiver?: string): string {
  return receiver ? `${STEPS[step].title} ${receiver}` : STEPS[step].title;
}

function line(mark: string, title: string, what: string, took: string): string {
  const text = what.replaceAll(/\s+/g, ' ');
  const shown = text.length > 160 ? `${text.slice(0, 159)}…` : text;
  return row(mark, title, shown, WHAT_WIDTH, took);
}

function row(mark: string, title: string, what: string, width: number, took: string): string {
  return ` ${mark} ${title.padEnd(TITLE_WIDTH)} ${what.padEnd(width)} ${took}`;
}

/** A whole run that needs no following. @param prefix what stands in front of the commands that answer. */
export function printReport(
  report: RunReport,
  {
    link,
    prefix,
    running = [],
  }: {
    readonly link?: string | undefined;
    readonly prefix?: string | undefined;
    /** Its steps that run now. */
    readonly running?: readonly RunningStep[];
  },
  write: (line: string) => void,
): void {
  const { ledger, events, waitingFor, workflowId } = report;
  write(headLine(report, link, Date.now()));
  for (const note of noteLines(report)) write(note);
  for (const line of timelineOf(ledger, events)) write(storyLine(line));
  for (const member of report.members ?? []) write(`   ${memberInWords(member)}`);
  if (waitingFor) for (const text of waitingLines(waitingFor, { workflowId, prefix })) write(text);
  else if (report.outcome === 'running')
    for (const text of underWayLines(report, running, Date.now())) write(text);
  else write(endLine(report));
}
