import { ANSWER_MEANINGS } from '../domain/answers.ts';
import { shownHash } from '../domain/plan.ts';
import { STEPS } from '../domain/steps.ts';
import type { Waiting } from '../domain/waiting.ts';

/** How a command line reaches a run: what stands in front of `runbook`, and the run. */
export interface Reach {
  readonly workflowId: string;
  /** For example `TEMPORAL_ADDRESS=127.0.0.1:7233 `; default: nothing. */
  readonly prefix?: string | undefined;
}

/** One line, for a run that is followed: what is waited for, and the commands that answer. */
export function waitingLine(waiting: Waiting, reach: Reach): string {
  const commands = commandsFor(waiting, reach);
  const [first = ''] = commands.map(({ command }) => command);
  if (waiting.kind !== 'decision')
    return `   ${sentenceOf(waiting)}: ${commands.map(({ command }) => command).join('  or  ')}`;
  const choice = `<${waiting.answers.join('|')}>`;
  return `   ${sentenceOf(waiting)}: ${first.replace(` ${waiting.answers[0]} `, ` ${choice} `)}`;
}

/** Everything about what a run waits for: a command a line. */
export function waitingLines(waiting: Waiting, reach: Reach): string[] {
  const commands = commandsFor(waiting, reach);
  const width = Math.max(...commands.map(({ command }) => command.length));
  return [
    '',
    `${sentenceOf(waiting)}:`,
    ...about(waiting).map((line) => `  ${line}`),
    ...commands.map(({ command, meaning }) => `  ${command.padEnd(width)}  # ${meaning}`),
  ];
}

function sentenceOf(waiting: Waiting): string {
  switch (waiting.kind) {
    case 'decision':
      return `${waiting.id}: waits for a decision on ${STEPS[waiting.step].title} until ${waiting.dueAt}, else ${waiting.atDeadline}`;
    case 'approval':
      return `${waiting.id}: waits for approval until ${waiting.dueAt}, ${waiting.approvedBy.length} of ${waiting.quorum} so far`;
    case 'pause':
      return `${waiting.id}: paused until ${waiting.dueAt}`;
  }
}

function about(waiting: Waiting): string[] {
  switch (waiting.kind) {
    case 'decision':
      return [oneLine(`${waiting.error.type}: ${waiting.error.message}`)];
    case 'approval':
      return [
        ...(waiting.approvedBy.length > 0 ? [`approved by ${waiting.approvedBy.join(', ')}`] : []),
        ...(waiting.approvers.length > 0 ? [`approvers are ${waiting.approvers.join(', ')}`] : []),
      ].map(oneLine);
    case 'pause':
      return [oneLine(`by ${waiting.by}: ${waiting.reason}`)];
  }
}

interface Way {
  readonly command: string;
  readonly meaning: string;
}

const WHO_AND_WHY = '--by <name> --reason <why>';

function commandsFor(waiting: Waiting, { workflowId, prefix = '' }: Reach): Way[] {
  const run = quoted(workflowId);
  const way = (command: string, meaning: string) => ({ command: `${prefix}runbook ${command}`, meaning });
  switch (waiting.kind) {
    case 'decision':
      return waiting.answers.map((answer) => {
        const target = answer === 'change-target' ? ' --target <target>' : '';
        return way(`decide ${run} ${answer} ${WHO_AND_WHY}${target}`, ANSWER_MEANINGS[answer]);
      });
    case 'approval': {
      const plan = `--plan ${shownHash(waiting.planHash)}`;
      return [
        way(`approve ${run} ${plan} --by <name>`, 'carry this plan out'),
        way(`reject ${run} ${plan} ${WHO_AND_WHY}`, 'end the run; nothing is changed'),
      ];
    }
    case 'pause':
      return [way(`resume ${run} ${WHO_AND_WHY}`, 'go on')];
  }
}

/** A workflow id as a shell takes it. */
function quoted(id: string): string {
  return /^[\w./:@-]+$/.test(id) ? id : `'${id.replaceAll("'", String.raw`'\''`)}'`;
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
