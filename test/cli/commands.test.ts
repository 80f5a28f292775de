import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TASK_QUEUE } from '../../src/client/index.ts';
import { freePorts } from '../../tools/ports.ts';
import { until } from '../../tools/until.ts';
import { SERVED_WITHIN_MS, servedAlone } from '../stories/served-alone.ts';
import { type Cast, openStage, type Stage } from '../stories/stage.ts';
import { runCommand, startCommand } from './run-command.ts';

let stage: Stage;
let cast: Cast;
let env: NodeJS.ProcessEnv;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runbook-cli-'));
  stage = await openStage();
  env = {
    TEMPORAL_ADDRESS: stage.sandbox.temporal.address,
    TEMPORAL_CONFIG_FILE: join(folder, 'none.toml'),
    RUNBOOK_UI: 'http://ui.example',
  };
  // What a cancelled run has begun and can never finish is taken back.
  cast = await stage.cast('cli', { taskQueue: TASK_QUEUE, profile: { onCancel: 'restore' } });
  await cast.deploy('v0.1.0');
  await servedAlone(stage.client);
}, SERVED_WITHIN_MS + 10_000);
afterAll(async () => {
  await stage?.close();
  await rm(folder, { recursive: true, force: true });
});

/** An address on which nothing listens. */
async function nowhere(): Promise<string> {
  const [port] = await freePorts(1);
  return `127.0.0.1:${port}`;
}

describe('runbook', () => {
  it('verify proves what is running, a line a step', async () => {
    const { code, stdout } = await runCommand(['verify'], env);
    expect(stdout).toMatch(
      /^verify orchestrator .*http:\/\/ui\.example\/namespaces\/default\/workflows\/verify%2Forchestrator\//,
    );
    expect(stdout).toMatch(/ ✓ verify chat +1 of 1 good: .* s\n/);
    expect(stdout).toMatch(/\nknown-good: 0\.1\.0: health, chat, agents, metrics passed {2}\([\d.]+ s\)\n$/);
    expect(code).toBe(0);
  });

  it('plan shows the change with the diff of the templates, and changes nothing', async () => {
    await cast.deploy('v0.2.0');
    const before = (await cast.workload()).metadata.generation;
    const { code, stdout } = await runCommand(['plan', 'orchestrator'], env);
    expect(stdout).toContain(`on    context sandbox, ${stage.sandbox.cluster.server}\n`);
    expect(stdout).toMatch(/^plan orchestrator {2}0\.2\.0 -> 0\.1\.0 {2}known-good, verified just now/);
    expect(stdout).toMatch(/\n-.*image: .*:v0\.2\.0\n\+.*image: .*:v0\.1\.0@sha256:\w{64}\n/);
    expect(code).toBe(0);
    expect((await cast.workload()).metadata.generation).toBe(before);
  });

  it('rollback follows the run to its end in plain lines', async () => {
    const args = ['rollback', 'orchestrator', '--reason', 'chat fails', '--incident', 'INC-9'];
    const { code, stdout, stderr } = await runCommand(args, env);
    expect(stdout).toMatch(
      /^rollback orchestrator {2}0\.2\.0 -> 0\.1\.0 {2}known-good, verified just now .*http/,
    );
    expect(stdout).toMatch(/ ✓ roll back +patched once +[\d.]+ s\n/);
    expect(stdout).toMatch(/ ✓ wait for rollout +2 of 2 replicas updated and available/);
    expect(stdout).toMatch(/\nrolled-back: 0\.2\.0 -> 0\.1\.0; health, chat, agents, metrics passed/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's control sequences are what must be missing
    expect(stdout).not.toMatch(/\u001b|[⠋⠙⠹]/);
    expect(stderr).toBe('');
    expect(code).toBe(0);
  });

  it('status shows the latest runs, and one run with its steps', async () => {
    const all = await runCommand(['status'], env);
    expect(all.stdout).toMatch(/COMPLETED +rolled-back +rollback\/orchestrator\n/);
    expect(all.stdout).toMatch(/COMPLETED +known-good +verify\/orchestrator\n/);
    const json = JSON.parse((await runCommand(['status', '--json'], env)).stdout);
    expect(json[0]).toMatchObject({ workflowId: 'rollback/orchestrator', outcome: 'rolled-back' });
    const one = await runCommand(['status', 'rollback/orchestrator'], env);
    expect(one.stdout).toMatch(/ ✓ record incident +\/.*\.md/);
    expect((await runCommand(['status', 'rollback/nobody'], env)).code).toBe(2);
  });

  it('audit tells the same story from the server and, with no server running, from the exported file', async () => {
    const file = join(folder, 'history.json');
    const online = await runCommand(['audit', 'rollback/orchestrator', '--save', file], env);
    expect(online.stdout).toContain('# Rollback of orchestrator (production): rolled-back');
    expect(online.stdout).toContain('INC-9');
    expect(online.stdout).toContain('The workflow’s own result agrees.');
    expect(online.code).toBe(0);

    const offline = { ...env, TEMPORAL_ADDRESS: await nowhere() };
    const fromFile = await runCommand(['audit', file], offline);
    expect(fromFile.stdout).toBe(online.stdout);
    const { stdout } = await runCommand(['audit', file, '--json'], offline);
    expect(JSON.parse(stdout)).toMatchObject({ agrees: true, report: { outcome: 'rolled-back' } });
    expect((await readFile(file, 'utf8')).startsWith('{')).toBe(true);
  });

  it('--json prints the report alone to standard output', async () => {
    const { code, stdout, stderr } = await runCommand(['rollback', '--json'], env);
    expect(JSON.parse(stdout)).toMatchObject({
      outcome: 'already-there',
      workflowId: 'rollback/orchestrator',
    });
    expect(stderr).toContain('✓ verify health');
    expect(code).toBe(0);
  });
});

describe('a run that is under way', () => {
  it('is not started twice, survives the interrupted command, and can be cancelled', async () => {
    await cast.deploy('v0.2.0');
    const first = startCommand(['rollback', '--to', '0.1.4-never-ready'], env);
    await until('the wait for the rollout', async () => /wait for rollout: .* replicas/.test(first.said()));

    const second = await runCommand(['rollback'], env);
    expect(second.code).toBe(9);
    expect(second.stderr).toContain(
      'a run is under way: rollback/orchestrator. Follow it with: runbook status rollback/orchestrator',
    );

    first.signal('SIGINT');
    const interrupted = await first.ended;
    expect(interrupted.code).toBe(130);
    expect(interrupted.stderr).toContain('the run goes on: runbook status rollback');
    const handle = stage.client.workflow.getHandle('rollback/orchestrator');
    expect((await handle.describe()).status.name).toBe('RUNNING');

    const cancelled = await runCommand(['cancel', 'rollback/orchestrator', '--by', 'ada'], env);
    expect(cancelled.stdout).toContain('cancellation of rollback/orchestrator is requested');
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    const status = await runCommand(['status', 'rollback/orchestrator'], env);
    expect(status.stdout).toMatch(/\ncancelled: .*0\.2\.0, which ran before, is restored/);
  });
});

describe('exit codes', () => {
  it.each<[string, number, readonly string[], RegExp]>([
    ['an unknown option', 2, ['rollback', '--nonsense'], /unknown option/],
    ['an unknown command', 2, ['rolback'], /unknown command/],
    ['a wrong request', 2, ['rollback', '--to', 'latest'], /target: "latest" names no version/],
    ['a service that is not configured', 2, ['rollback', 'nobody'], /service: nobody is not configured/],
    ['a target that is not there', 3, ['rollback', '--to', 'revision:77'], /TargetNotFound/],
    [
      'U4 a version that the history does not have, which is said before the change, and whose image is gone',
      6,
      ['rollback', '--to', '9.9.9'],
      /\n {3}note {2}9\.9\.9 is not in the history, which has 0\.2\.0 .*0\.1\.0 .*; whether there is such an image shows when it is pulled: only the image changes.*\n[\s\S]* roll back [\s\S]*RolloutFailed/,
    ],
    [
      '--detach with --embedded',
      2,
      ['rollback', '--embedded', '--detach'],
      /'--detach' cannot be used with option '--embedded'/,
    ],
    [
      'an embedded worker without a file',
      2,
      ['rollback', '--embedded', '--config', '/no.yaml'],
      /cannot be read/,
    ],
    ['a file that is no history', 2, ['audit', 'package.json'], /holds no history events/],
    [
      'U6 a word that is close to another',
      2,
      ['rollback', '--to', 'previos'],
      /"previos" is no version; did you mean previous\?/,
    ],
    ['a run that never was', 2, ['audit', 'rollback/never'], /neither a file nor a run/],
  ])('%s: %i', async (_title, code, args, message) => {
    const ended = await runCommand(args, env);
    expect(ended.stdout + ended.stderr).toMatch(message);
    expect(ended.code).toBe(code);
  });

  it.each<readonly [readonly string[]]>([
    [['rollback']],
    [['status']],
    [['status', 'x']],
    [['audit', 'x']],
    [['decide', 'x', 'retry', '--by', 'ada', '--reason', 'y']],
    [['cancel', 'x', '--by', 'ada']],
  ])('U6 a namespace that is not there: 2, said by %j', async (args) => {
    const { code, stderr } = await runCommand(args, { ...env, TEMPORAL_NAMESPACE: 'nosuch' });
    expect(stderr).toMatch(/^the Temporal service has no namespace nosuch\. TEMPORAL_NAMESPACE .*\n$/);
    expect(code).toBe(2);
  });

  it('a demo on Docker Compose without a docker command: 1, with what to install', async () => {
    const { code, stdout } = await runCommand(['demo', '--compose'], { RUNBOOK_DOCKER: '/nowhere/docker' });
    expect(stdout).toContain('a Docker engine with Compose, and a registry');
    expect(stdout).toContain('Install the Docker command');
    expect(code).toBe(1);
  });

  it('no Temporal service: 8, with what to do', async () => {
    const address = await nowhere();
    const { code, stderr } = await runCommand(['rollback'], { ...env, TEMPORAL_ADDRESS: address });
    expect(stderr).toContain(`Temporal at ${address} cannot be reached`);
    expect(stderr).toContain('docker compose -f docker-compose.temporal.yml up -d');
    expect(code).toBe(8);
  });

  it('no worker: 8, and nothing was started that a later worker would carry out', async () => {
    const lonely = await openStage({ own: true });
    try {
      const there = { ...env, TEMPORAL_ADDRESS: lonely.sandbox.temporal.address };
      const { code, stderr } = await runCommand(['rollback'], there);
      expect(stderr).toContain('no worker polls the task queue rollback-runbook');
      expect(code).toBe(8);
      expect((await runCommand(['status'], there)).stdout).toBe('no runs\n');
    } finally {
      await lonely.close();
    }
  });
});
