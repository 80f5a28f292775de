import { type Command, Option } from 'commander';
import { TRIGGERS } from '../domain/need/need-policy.ts';
import { SEVERITIES } from '../domain/request/policy.ts';

/** Options that say which service and why; shared by the commands that start a run. */
export function starting(command: Command): Command {
  return command
    .argument('[service]', 'service profile of runbook.yaml; may be left out when there is one')
    .option('--environment <name>', 'must agree with the profile: a guard against the wrong cluster')
    .option('--reason <text>', 'why; stands in the incident record')
    .option('--requested-by <name>', 'who asks')
    .option('--workflow-id <id>', 'default: rollback/<service>, so that a second start is refused')
    .addOption(new Option('--detach', 'start the run and return at once').conflicts('embedded'))
    .option('--json', 'print the report as JSON');
}

/** Options of the commands that roll back, or would. */
export function rolling(command: Command): Command {
  return starting(command)
    .option('--group <name>', 'a group of runbook.yaml instead of one service')
    .option('--to <target>', 'known-good, previous, 0.1.0, revision:6, sha256:… or id:…', 'known-good')
    .option('--incident <id>', 'incident id, for example INC-1234')
    .option('--symptom <text...>', 'what was seen')
    .option('--tried <text...>', 'mitigations tried before')
    .option('--force', 'go to a target that is refused otherwise; needs --reason')
    .addOption(new Option('--severity <level>', 'severity of the incident').choices(SEVERITIES))
    .addOption(
      new Option(
        '--trigger <who>',
        'who or what asks: what follows when the release is not the cause depends on it (need of the profile)',
      ).choices(TRIGGERS),
    );
}

/** Where the Temporal service is. */
export function reaching(command: Command): Command {
  return command
    .option('--profile <name>', 'profile of the Temporal environment configuration')
    .addOption(new Option('--ui <url>', 'address of the Temporal UI, for links').env('RUNBOOK_UI'));
}

/** Where the workflow runs: on that service, or inside the command. */
export function connecting(command: Command): Command {
  return reaching(command)
    .option('--embedded', 'run a Temporal server and a worker inside this command')
    .option('--config <file>', 'runbook.yaml for the embedded worker', 'runbook.yaml');
}
