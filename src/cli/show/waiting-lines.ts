import { runbookCommand } from '../../domain/media/shell.ts';
import type { Waiting } from '../../domain/people/waiting.ts';
import { ANSWER_MEANINGS } from '../../domain/steps/answers.ts';
import { STEPS } from '../../domain/steps/steps.ts';
import { shownHash } from '../../domain/versions/plan.ts';

/** How a command line reaches a run: what stands in front of `runbook`, and the run. */
export interface Reach {
  readonly workflowId: string;
  /** For example `TEMPORAL_ADDRESS=127.0.0.1:7233 `; default: nothing. */
  readonly prefix?: string | undefined;
}

/** One line, for a run that is followed: what is waited for, and the commands that answer. */
export function waitingLine(waiting: Waiting, reach: Reach): string {
  const commands =
    waiting.kind === 'decision'
      ? [decideAny(waiting.answers, reach)]
      : commandsFor(waiting, reach).map(({ command }) => command);
  return `   ${sentenceOf(waiting)}: ${commands.join('  or  ')}`;
}

function decideAny(answers: readonly string[], { workflowId, prefix = '' }: Reach): string {
  return `${prefix}${runbookCommand('decide', [workflowId, { blank: answers.join('|') }], WHO_AND_WHY)}`;
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

function commandsFor(waiting: Waiting, reach: Reach): Way[] {
  const { workflowId } = reach;
  const way = (command: string, meaning: string) => ({ command: `${reach.prefix ?? ''}${command}`, meaning });
  switch (waiting.kind) {
    case 'decision':
      return waiting.answers.map((answer) => {
        const target = answer === 'change-target' ? ' --target <target>' : '';
        const command = runbookCommand('decide', [workflowId, answer], `${WHO_AND_WHY}${target}`);
        return way(command, ANSWER_MEANINGS[answer]);
      });
    case 'approval': {
      const plan = `--plan ${shownHash(waiting.planHash)}`;
      const rejection = runbookCommand('reject', [workflowId], `${plan} ${WHO_AND_WHY}`);
      return [
        way(runbookCommand('approve', [workflowId], `${plan} --by <name>`), 'carry this plan out'),
        way(rejection, 'end the run; nothing is changed'),
      ];
    }
    case 'pause':
      return [way(runbookCommand('resume', [workflowId], WHO_AND_WHY), 'go on')];
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ');
}
