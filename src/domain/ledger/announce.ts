import type { Instant } from '../json.ts';
import { runbookCommand } from '../media/shell.ts';
import { visible } from '../media/visible.ts';
import { needLines } from '../need/need-rendered.ts';
import { type EventKind, inWords, type RunEvent } from '../people/events.ts';
import { describeWaiting, type Waiting } from '../people/waiting.ts';
import { preconditionLines } from '../preconditions/words.ts';
import type { ResolvedRun } from '../request/request.ts';
import { ANSWER_MEANINGS } from '../steps/answers.ts';
import { nameOfCluster } from '../versions/cluster.ts';
import { findingLines } from '../versions/findings.ts';
import { shownHash } from '../versions/plan.ts';
import { excusedChecks, excusedInWords } from './excused.ts';
import { memberInWords } from './group.ts';
import { changeOf, checksOf, impactOf, needOf, type RunOutcome, type RunReport, wayOf } from './ledger.ts';

/** One message about a run, in words: runbook 7.1 (when, to which version, impact before and after). */
export interface Announcement {
  readonly service: string;
  readonly environment: string;
  readonly outcome: RunOutcome;
  readonly at: Instant;
  /** One sentence. */
  readonly headline: string;
  /** Lines of detail: versions, reason, who asked, symptoms, verdicts. */
  readonly lines: readonly string[];
  /** In the middle of a run: what it is about, for example `decision-1`. Part of the message's identity. */
  readonly about?: string;
}

const HEADLINES: Readonly<Record<RunOutcome, string>> = {
  running: 'is being rolled back',
  'rolled-back': 'was rolled back and is proved well',
  'already-there': 'was already at its known-good version and is proved well',
  'not-proved': 'was rolled back, but is NOT proved well',
  planned: 'has a rollback plan',
  'not-warranted': 'was NOT rolled back: what is measured does not say that it is the release',
  expired: 'was NOT rolled back: nobody served the run in time',
  'known-good': 'was verified: this version is known-good',
  'not-known-good': 'was verified: this version is NOT known-good',
  failed: 'was NOT rolled back',
  cancelled: 'rollback was cancelled',
  restored: 'was NOT helped by the rollback: what ran before is back',
  joined: 'is being rolled back by another run already',
  'stayed-well': 'has stayed well since its rollback',
  superseded: 'was rolled back once more',
  'changed-back': 'was changed by somebody else after its rollback',
  'not-well-again': 'is NOT well any more after its rollback',
};

/** Headlines of runs that ended well although a required check has not passed: never "proved well". */
const WITH_EXCEPTIONS: Readonly<Partial<Record<RunOutcome, string>>> = {
  'rolled-back': 'was rolled back; NOT every required check passed',
  'already-there': 'was already at its known-good version; NOT every required check passed',
  'known-good': 'was verified: this version is known-good, though NOT every required check passed',
};

/** Headlines of runs that ended after the change was written, or may have been. */
const AFTER_THE_CHANGE: Readonly<Record<'made' | 'unknown', Readonly<Partial<Record<RunOutcome, string>>>>> =
  {
    made: {
      failed: 'rollback was begun and did NOT end well',
      cancelled: 'rollback was cancelled after the change was written',
    },
    unknown: {
      failed: 'rollback did NOT end well, and whether the change was written is not known',
      cancelled: 'rollback was cancelled, and whether the change was written is not known',
    },
  };

/** What happened beside the steps and belongs into the last message. */
const TOLD_AT_THE_END: readonly EventKind[] = [
  'decision',
  'approval',
  'rejection',
  'break-glass',
  'target-change',
  'evidence',
  'cancellation',
  'profile-change',
];

/** Where the run is, why it was asked for, and by whom. */
function circumstances(request: ResolvedRun): readonly string[] {
  return [
    ...(request.cluster ? [`cluster: ${nameOfCluster(request.cluster)}`] : []),
    ...(request.breakGlass ? [`BREAK-GLASS: ${request.breakGlass}`] : []),
    ...(request.reason ? [`reason: ${request.reason}`] : []),
    ...(request.severity ? [`severity: ${request.severity}`] : []),
    ...(request.incident ? [`incident: ${request.incident}`] : []),
    ...(request.requestedBy ? [`requested by: ${request.requestedBy}`] : []),
    ...request.symptoms.map((symptom) => `before: ${symptom}`),
  ];
}

/** A message is no record: the last lines of many say enough. */
const MOST_EVENTS = 40;

function whatHappened({ events = [] }: RunReport): readonly string[] {
  const told = events.filter(({ kind }) => TOLD_AT_THE_END.includes(kind));
  const lines = told.map(inWords);
  if (lines.length <= MOST_EVENTS) return lines;
  const newest = lines.slice(1 - MOST_EVENTS);
  return [`${lines.length - newest.length} earlier lines stand in the record`, ...newest];
}

/** A message is no record: the gravest of many say enough. */
const MOST_FINDINGS = 5;

/** Critical settings of the config that the run has brought, or would have. */
function settingsOf({ plan }: RunReport): readonly string[] {
  const findings = plan?.findings ?? [];
  const lines = findingLines(findings.slice(0, MOST_FINDINGS)).map((line) => `critical setting: ${line}`);
  const left = findings.length - lines.length;
  return left > 0 ? [...lines, `${left} more critical settings stand in the record`] : lines;
}

/** What has to hold before the change and does not, or could not be told. */
function preconditionsOf({ plan }: RunReport): readonly string[] {
  const told = (plan?.preconditions ?? []).filter(({ follows }) => follows !== undefined);
  const lines = preconditionLines(told.slice(0, MOST_FINDINGS)).map((line) => `precondition: ${line}`);
  const left = told.length - lines.length;
  return left > 0 ? [...lines, `${left} more preconditions stand in the record`] : lines;
}

/** Whether it is the release, in a sentence, and what it came to (runbook 7.1). */
function numbersOf(report: RunReport): readonly string[] {
  const need = needOf(report);
  const impact = impactOf(report);
  return [
    ...(need ? [`is it the release: ${need.verdict}, ${need.sentence}`] : []),
    ...(impact ? [`before and after: ${impact.sentence}`] : []),
  ].map(visible);
}

/** What people are told of a run. */
export function announce(report: RunReport, request: ResolvedRun): Announcement {
  const { outcome } = report;
  const { service, environment } = request;
  const lines: string[] = [];
  if (report.plan) lines.push(wayOf(report));
  lines.push(...(report.members ?? []).map(memberInWords));
  if (report.error) lines.push(`${report.error.type}: ${report.error.message}`);
  // What became of the change stands in the sentence alone.
  if (outcome === 'cancelled' && report.summary) lines.push(report.summary);
  lines.push(...numbersOf(report));
  lines.push(...circumstances(request));
  lines.push(...preconditionsOf(report));
  lines.push(...settingsOf(report));
  lines.push(...whatHappened(report));
  for (const check of checksOf(report)) {
    lines.push(
      `${check.check}: ${check.verdict}${check.failedBefore ? ' (as on the known-good version)' : ''}, ${check.summary}`,
    );
  }
  const change = changeOf(report);
  const excused = excusedChecks(report);
  const exceptions = excused.length > 0 ? WITH_EXCEPTIONS[outcome] : undefined;
  const what =
    (change !== 'none' && AFTER_THE_CHANGE[change][outcome]) ||
    (exceptions && `${exceptions}: ${excusedInWords(excused)}`) ||
    HEADLINES[outcome];
  const headline = `${service} (${environment}) ${what}`;
  return { service, environment, outcome, at: report.finishedAt ?? report.startedAt, headline, lines };
}

/** A message is no record, and who decides needs the numbers: each signal, behind the verdict that the question says. */
function numbersToDecide(report: RunReport): readonly string[] {
  const need = needOf(report);
  return need ? needLines(need).slice(1, 1 + MOST_NUMBERS) : [];
}

const MOST_NUMBERS = 12;

/** What people are told when a run waits for one of them; `reminder` at half of the time. */
export function announceWaiting(
  report: RunReport,
  request: ResolvedRun,
  waiting: Waiting,
  reminder: boolean,
): Announcement {
  const { service, environment } = request;
  const { workflowId } = report;
  const again = reminder ? ' (half of the time is over)' : '';
  const lines: string[] = (report.members ?? []).map(memberInWords);
  if (report.plan) lines.push(wayOf(report));
  if (waiting.kind === 'decision') {
    lines.push(`${waiting.step}: ${waiting.error.type}: ${waiting.error.message}`);
    if (waiting.step === 'assess-need') lines.push(...numbersToDecide(report));
    for (const answer of waiting.answers) lines.push(`${answer}: ${ANSWER_MEANINGS[answer]}`);
    lines.push(`without an answer until ${waiting.dueAt}: ${waiting.atDeadline}`);
    lines.push(
      `answer: ${runbookCommand('decide', [workflowId, { blank: 'answer' }], '--by <name> --reason <why>')}`,
    );
  } else if (waiting.kind === 'approval') {
    lines.push(...(report.plan?.warnings ?? []).map((warning) => `note: ${warning}`));
    for (const { service, plan } of report.groupPlan?.members ?? []) {
      lines.push(...plan.warnings.map((warning) => `note on ${service}: ${warning}`));
    }
    lines.push(`plan ${waiting.planHash}, ${waiting.quorum} must approve until ${waiting.dueAt}`);
    if (waiting.approvedBy.length > 0) lines.push(`approved by: ${waiting.approvedBy.join(', ')}`);
    const plan = `--plan ${shownHash(waiting.planHash)} --by <name>`;
    lines.push(`approve: ${runbookCommand('approve', [workflowId], plan)}`);
  } else {
    lines.push(`paused by ${waiting.by}: ${waiting.reason}`, `goes on by itself at ${waiting.dueAt}`);
    lines.push(`go on: ${runbookCommand('resume', [workflowId], '--by <name> --reason <why>')}`);
  }
  return {
    service,
    environment,
    outcome: 'running',
    at: reminder ? halfOf(waiting) : waiting.openedAt,
    headline: `${service} (${environment}) rollback ${WAITS[waiting.kind]}${again}`,
    lines: [...lines, ...circumstances(request)],
    about: reminder ? `${waiting.id}-reminder` : waiting.id,
  };
}

const WAITS: Readonly<Record<Waiting['kind'], string>> = {
  decision: 'cannot go on: somebody has to DECIDE',
  approval: 'waits for APPROVAL',
  pause: 'is paused',
};

function halfOf({ openedAt, dueAt }: Waiting): Instant {
  return new Date((Date.parse(openedAt) + Date.parse(dueAt)) / 2).toISOString();
}

/** What people are told when something takes longer than it should. The run goes on. */
export function announceOverBudget(
  report: RunReport,
  request: ResolvedRun,
  { what, budgetMs, at }: { readonly what: string; readonly budgetMs: number; readonly at: Instant },
): Announcement {
  const { service, environment } = request;
  const { ledger, waitingFor } = report;
  const last = ledger.at(-1);
  return {
    service,
    environment,
    outcome: 'running',
    at,
    headline: `${service} (${environment}) rollback takes LONGER than it should: ${what}`,
    lines: [
      ...(report.plan ? [wayOf(report)] : []),
      `budget of ${what}: ${budgetMs / 1000} s; the run goes on`,
      ...(last ? [`last: ${last.step}, ${last.summary}`] : []),
      ...(waitingFor ? [describeWaiting(waitingFor)] : []),
      ...circumstances(request),
    ],
    about: `over-budget-${what.replaceAll(/\W+/g, '-')}-${budgetMs}`,
  };
}

/** What people are told when the worker has another profile than the run began with. The run goes on. */
export function announceProfileChange(
  report: RunReport,
  request: ResolvedRun,
  { at, summary }: Pick<RunEvent, 'at' | 'summary'>,
  profile: string,
): Announcement {
  const { service, environment } = request;
  return {
    service,
    environment,
    outcome: 'running',
    at,
    headline: `${service} (${environment}) rollback goes on with ANOTHER profile than it began with`,
    lines: [...(report.plan ? [wayOf(report)] : []), summary, ...circumstances(request)],
    about: `profile-${profile}`,
  };
}
