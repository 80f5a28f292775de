import { answerFormsOf } from './answer-forms.ts';
import { inWords } from './events.ts';
import { type LedgerEntry, type RunReport, wayOf } from './ledger.ts';
import { STEPS, type StepId } from './steps.ts';
import { type StoryLine, timelineOf } from './timeline.ts';
import type { Waiting } from './waiting.ts';

const MARKS: Readonly<Record<LedgerEntry['outcome'], string>> = {
  completed: '✓',
  failed: '✗',
  cancelled: '⊘',
};

/** What Temporal keeps of a workflow's current details, in bytes of UTF-8. */
export const DETAILS_LIMIT = 20_000;

/** Text from outside must not break the table or start Markdown of its own. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll(/\s+/g, ' ').slice(0, 200);
}

/**
 * The run as Markdown: what the Temporal UI shows as the workflow's current details. What a person is waited for with
 * comes first, with what to send; the table leaves out its oldest rows when it is longer than Temporal keeps.
 */
export function detailsOf(report: RunReport, running: readonly StepId[]): string {
  const { request, waitingFor, ledger, events } = report;
  const title = request ? `**${request.service}** (${request.environment})` : '**rollback runbook**';
  const change = wayOf(report);
  const state = [report.outcome, cell(report.summary) || change].filter(Boolean).join(', ');
  const top = [
    ...(waitingFor ? [...waitingLines(waitingFor), ''] : []),
    `${title}: ${state}`,
    '',
    '| | step | what |',
    '|---|---|---|',
  ];
  const rows = timelineOf(ledger, events).map(rowOf);
  const now = running.map((step) => `| … | ${STEPS[step].title} | running |`);
  return fit(top, rows, now);
}

function waitingLines(waiting: Waiting): string[] {
  return [
    `**${headingOf(waiting)}**`,
    '',
    ...aboutOf(waiting),
    'Answer by More Actions, Send an Update; fill in the blanks:',
    '',
    ...answerFormsOf(waiting).flatMap(({ update, meaning, input }) => [
      `\`${update}\` ${meaning}`,
      '',
      // As code: elsewhere the Temporal UI makes typographic quotes of those of JSON.
      ...['```json', JSON.stringify(input), '```', ''],
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

function aboutOf(waiting: Waiting): string[] {
  switch (waiting.kind) {
    case 'decision':
      return [`${waiting.error.type}: ${cell(waiting.error.message)}`, ''];
    case 'approval':
      return waiting.approvers.length > 0 ? [`approvers: ${cell(waiting.approvers.join(', '))}`, ''] : [];
    case 'pause':
      return [`${cell(waiting.by)}: ${cell(waiting.reason)}`, ''];
  }
}

function rowOf({ step, event }: StoryLine): string {
  if (step) {
    const what = cell(step.error?.message ?? step.summary);
    return `| ${MARKS[step.outcome]} | ${STEPS[step.step].title} | ${what} |`;
  }
  return `| • | ${event.kind} | ${cell(inWords(event))} |`;
}

/** The newest rows that there is room for. */
function fit(top: readonly string[], rows: readonly string[], now: readonly string[]): string {
  const bytes = (lines: readonly string[]) => new TextEncoder().encode(lines.join('\n')).length + 1;
  const omitted = (count: number) =>
    count > 0 ? [`| | | ${count} earlier lines stand in the report |`] : [];
  let room = DETAILS_LIMIT - bytes(top) - bytes(now) - bytes(omitted(rows.length));
  let from = rows.length;
  while (from > 0) {
    room -= bytes([rows[from - 1] ?? '']);
    if (room < 0) break;
    from -= 1;
  }
  return [...top, ...omitted(from), ...rows.slice(from), ...now].join('\n');
}
