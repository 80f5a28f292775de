import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TASK_QUEUE } from '../../src/client/index.ts';
import { until } from '../../tools/until.ts';
import { openStage, type Stage } from '../stories/stage.ts';
import { startCommand } from './run-command.ts';

let stage: Stage;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'runbook-away-'));
  stage = await openStage({ own: true });
});
afterAll(async () => {
  await stage?.close();
  await rm(folder, { recursive: true, force: true });
});

it('rollback outlives a Temporal server that is killed and comes back, and says once that it waits', async () => {
  const { temporal } = stage.sandbox;
  const cast = await stage.cast('away', { taskQueue: TASK_QUEUE });
  await cast.deploy('v0.1.0-slow-ready');
  await cast.deploy('v0.2.0');
  const env = { TEMPORAL_ADDRESS: temporal.address, TEMPORAL_CONFIG_FILE: join(folder, 'none.toml') };
  const command = startCommand(['rollback'], env);
  await until('the wait for the rollout', async () => /wait for rollout: .* replicas/.test(command.said()));
  await temporal.process.kill();
  await until('the command to say so', async () => command.said().includes('Temporal does not answer'));
  await temporal.process.start();
  const { code, stdout, stderr } = await command.ended;

  expect(stdout.match(/Temporal does not answer: waiting for it/g)).toHaveLength(1);
  expect(stdout).toMatch(
    /\nrolled-back: 0\.2\.0 -> 0\.1\.0-slow-ready; health, chat, agents, metrics passed/,
  );
  expect(stderr).toBe('');
  expect(code).toBe(0);
});
