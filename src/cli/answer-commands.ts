import { type Command, Option } from 'commander';
import { CHECK_IDS } from '../domain/proof/checks.ts';
import { ANSWERS } from '../domain/steps/answers.ts';
import { reaching } from './command-options.ts';

const load = () => import('./commands/answer.ts');

/** Adds the commands by which people answer a run. Who and why are checked by the commands, which say it in words. */
export function addAnswerCommands(program: Command): void {
  const command = (usage: string, description: string) =>
    reaching(program.command(usage).description(description))
      .argument('<workflow-id>', 'the run, for example rollback/orchestrator')
      .option('--by <name>', 'who says so; stands in the incident record')
      .option('--run-id <id>', 'this run of the workflow id; default: the one that is under way')
      .option('--update-id <id>', 'makes a repetition harmless: the same id counts once')
      .option('--json', 'print the line of the ledger as JSON');
  const reasoned = (usage: string, description: string) =>
    command(usage, description).option('--reason <text>', 'why; stands in the incident record');
  const planned = (usage: string, description: string) =>
    reasoned(usage, description).option(
      '--plan <hash>',
      'the plan that was read: at least 12 digits of its hash',
    );

  reasoned('decide', 'answer the open decision of a run')
    .argument('<answer>', ANSWERS.join(', '))
    .option(
      '--target <target>',
      'with change-target: known-good, previous, 0.1.0, revision:6, sha256:… or id:…',
    )
    .option('--decision <id>', 'only when this decision is open, for example decision-1')
    .action(async (id, answer, options) => (await load()).decide(id, answer, options));
  planned('approve', 'consent to the plan of a run').action(async (id, options) =>
    (await load()).approve(id, options),
  );
  planned('reject', 'refuse the plan of a run: it ends and has changed nothing').action(async (id, options) =>
    (await load()).reject(id, options),
  );
  reasoned('pause', 'stop a run before its next step').action(async (id, options) =>
    (await load()).pause(id, options),
  );
  reasoned('resume', 'let a paused run go on').action(async (id, options) =>
    (await load()).resume(id, options),
  );
  reasoned('change-target', 'another target, before anything is changed')
    .argument('<target>', 'known-good, previous, 0.1.0, revision:6, sha256:… or id:…')
    .action(async (id, target, options) => (await load()).changeTarget(id, target, options));
  reasoned('repeat-check', 'repeat one check of the verification')
    .argument('<check>', CHECK_IDS.join(', '))
    .action(async (id, check, options) => (await load()).repeatCheck(id, check, options));
  command('note', 'add a sentence to the incident record')
    .argument('<text>', 'the sentence')
    .action(async (id, text, options) => (await load()).note(id, text, options));
  reasoned('evidence', 'add what another source has seen of the same incident')
    .addOption(new Option('--symptom <text...>', 'what was seen'))
    .option('--incident <id>', 'incident id, for example INC-1234')
    .action(async (id, options) => (await load()).evidence(id, options));
  reasoned('cancel', 'cancel a run; a change that has begun is finished or taken back').action(
    async (id, options) => (await load()).cancel(id, options),
  );
}
