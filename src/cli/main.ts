import { Command, Option } from 'commander';
import { addAnswerCommands } from './answer-commands.ts';
import { connecting, rolling, starting } from './command-options.ts';
import { CommandError, EXIT } from './errors/exit-codes.ts';
import { checkInputs } from './errors/inputs.ts';
import { err, out } from './show/terminal.ts';

function commandLine(): Command {
  const program = new Command('runbook')
    // Before the commands are made: they inherit it.
    .exitOverride()
    .configureOutput({ writeOut: out.text, writeErr: err.text })
    .hook('preAction', (_program, command) => checkInputs(command))
    .description('Roll a service back to its last known-good version, prove it well, and keep the record.')
    .showHelpAfterError()
    .addHelpText(
      'after',
      '\nExit codes: 0 done and proved, 2 usage, 3 not rolled back, 4 not well, 5 not proved, 6 rollout failed,\n7 cancelled, 8 unavailable, 9 busy, 10 restored, 11 expired. See docs/cli.md.',
    );

  connecting(rolling(program.command('rollback').description('start a rollback and follow it')))
    .option(
      '--break-glass <reason>',
      'go on without the approval that the profile requires; needs --severity',
    )
    .option('--join', 'when one is under way: hand over what you know, and follow that one')
    .action(async (service, options) => (await import('./commands/rollback.ts')).rollback(service, options));
  connecting(
    rolling(program.command('plan').description('dry run: what would be done, with the diff')),
  ).action(async (service, options) =>
    (await import('./commands/rollback.ts')).rollback(service, { ...options, dryRun: true }),
  );
  connecting(
    starting(program.command('verify').description('prove what is running and record it as known-good')),
  )
    .option('--accept <check...>', 'record known-good although these checks fail')
    .action(async (service, options) => (await import('./commands/verify.ts')).verify(service, options));
  connecting(program.command('status').description('runs and where they stand'))
    .argument('[workflow-id]', 'one run; without it the latest runs')
    .option('--json', 'print JSON')
    .action(async (id, options) => (await import('./commands/status.ts')).status(id, options));
  connecting(program.command('audit').description('the whole story of a run, from its history'))
    .argument('<workflow-id-or-file>', 'workflow id on the server, or an exported history file')
    .option('--run-id <id>', 'default: the latest run')
    .option('--json', 'print JSON instead of Markdown')
    .option('--save <file>', 'keep the exported history too')
    .action(async (subject, options) => (await import('./commands/audit.ts')).audit(subject, options));
  addAnswerCommands(program);
  program
    .command('demo')
    .description('a whole world on this machine: a bad release is rolled back before your eyes')
    .option('--compose', 'on Docker Compose instead of Kubernetes')
    .option('--keep', 'leave everything up afterwards, until Ctrl-C')
    .addOption(
      new Option('--chaos', 'kill every process in the middle of rollbacks, and bring it back').conflicts([
        'keep',
        'innocent',
      ]),
    )
    .option('--innocent', 'the fault began before the release: an alert asks, and nothing is rolled back')
    .action(async (options) => (await import('./commands/demo.ts')).demo(options));
  return program;
}

try {
  process.exitCode = EXIT.done;
  await commandLine().parseAsync();
} catch (error) {
  process.exitCode = await exitCodeFor(error);
}

async function exitCodeFor(error: unknown): Promise<number> {
  const { code, message, name } = error as { code?: unknown; message?: string; name?: string };
  if (typeof code === 'string' && code.startsWith('commander.')) {
    return code === 'commander.helpDisplayed' || code === 'commander.version' || code === 'commander.help'
      ? EXIT.done
      : EXIT.usage;
  }
  if (error instanceof CommandError) {
    err.line(error.message);
    return error.exitCode;
  }
  if (name === 'ToolMissing') {
    err.text(`${message}\n`);
    return EXIT.unavailable;
  }
  if (name === 'RunbookError') {
    err.text(`${message}\n`);
    return EXIT.usage;
  }
  const { expectedError } = await import('./errors/expected-errors.ts');
  const expected = expectedError(error);
  if (expected) {
    err.line(expected.message);
    return expected.exitCode;
  }
  err.text(`${(error as Error).stack ?? error}\n`);
  return EXIT.unexpected;
}
