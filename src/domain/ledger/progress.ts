import { code, documentOf, fenced, type Markdown, md, row, ruler } from '../media/markdown.ts';
import { visibleJson } from '../media/visible.ts';
import { answerFormsOf } from '../people/answer-forms.ts';
import { inWords, type RunEvent } from '../people/events.ts';
import type { Waiting } from '../people/waiting.ts';
import { STEPS, type StepId } from '../steps/steps.ts';
import { type LedgerEntry, type RunReport, wayOf } from './ledger.ts';
import { type StoryLine, timelineOf } from './timeline.ts';

const MARKS: Readonly<Record<LedgerEntry['outcome'], string>> = {
  completed: '✓',
  failed: '✗',
  cancelled: '⊘',
};

/** What Temporal keeps of a workflow's current details, in bytes of UTF-8. */
export const DETAILS_LIMIT = 20_000;

/** The table is there to be seen at once. */
function short(text: string): string {
  return text.slice(0, 200).toWellFormed();
}

/**
 * The run as Markdown: what the Temporal UI shows as the workflow's current details. What a person is waited for with
 * comes first, with what to send; the table leaves out its oldest rows when it is longer than Temporal keeps.
 */
export function detailsOf(report: RunReport, running: readonly StepId[]): string {
  const { request, waitingFor, ledger, events } = report;
  const title = request ? md`**${request.service}** (${request.environment})` : md`**rollback runbook**`;
  const change = wayOf(report);
  const state = [report.outcome, short(report.summary) || change].filter(Boolean).join(', ');
  const top = [
    ...(waitingFor ? [...waitingLines(waitingFor), md``] : []),
    md`${title}: ${state}`,
    md``,
    md`| | step | what |`,
    ruler(3),
  ];
  const rows = timelineOf(ledger, events).map(rowOf);
  const now = running.map((step) => row('…', STEPS[step].title, 'running'));
  return documentOf(fit(top, rows, now));
}

function waitingLines(waiting: Waiting): Markdown[] {
  return [
    md`**${headingOf(waiting)}**`,
    md``,
    ...aboutOf(waiting),
    md`Answer by More Actions, Send an Update; fill in the blanks:`,
    md``,
    ...answerFormsOf(waiting).flatMap(({ update, meaning, input }) => [
      md`${code(update)} ${meaning}`,
      md``,
      // As code: elsewhere the Temporal UI makes typographic quotes of those of JSON.
      ...fenced('json', visibleJson(input)),
      md``,
    ]),
  ];
}

function headingOf(waiting: Waiting): string {
  switch (waiting.kind) {
    case 'decision':
      return `Waits for a decision on ${STEPS[waiting.step].title} until ${waiting.dueAt}, else ${waiting.atDeadline}`;
    case 'approval':
      return `Waits for approval until ${waiting.dueAt}: ${waiting.approvedBy.length} of ${waiting.quorum} so far`;
    case 'pause':
      return `Paused until ${waiting.dueAt}`;
  }
}

function aboutOf(waiting: Waiting): Markdown[] {
  switch (waiting.kind) {
    case 'decision':
      return [md`${waiting.error.type}: ${short(waiting.error.message)}`, md``];
    case 'approval':
      return waiting.approvers.length > 0
        ? [md`approvers: ${short(waiting.approvers.join(', '))}`, md``]
        : [];
    case 'pause':
      return [md`${short(waiting.by)}: ${short(waiting.reason)}`, md``];
  }
}

/** Rows as they were made: a run shows itself several times for each step, and what has happened stays as it was. */
const rowsMade = new WeakMap<LedgerEntry | RunEvent, Markdown>();

function rowOf(line: StoryLine): Markdown {
  const happened = line.step ?? line.event;
  const made = rowsMade.get(happened) ?? makeRow(line);
  rowsMade.set(happened, made);
  return made;
}

function makeRow({ step, event }: StoryLine): Markdown {
  if (step) {
    const what = short(step.error?.message ?? step.summary);
    return row(MARKS[step.outcome], STEPS[step.step].title, what);
  }
  return row('•', event.kind, short(inWords(event)));
}

/** The newest rows that there is room for. */
function fit(
  top: readonly Markdown[],
  rows: readonly Markdown[],
  now: readonly Markdown[],
): readonly Markdown[] {
  const bytes = (lines: readonly Markdown[]) => new TextEncoder().encode(documentOf(lines)).length + 1;
  const omitted = (count: number) =>
    count > 0 ? [md`| | | ${count} earlier lines stand in the report |`] : [];
  let room = DETAILS_LIMIT - bytes(top) - bytes(now) - bytes(omitted(rows.length));
  let from = rows.length;
  for (const line of rows.toReversed()) {
    room -= bytes([line]);
    if (room < 0) break;
    from -= 1;
  }
  return [...top, ...omitted(from), ...rows.slice(from), ...now];
}
