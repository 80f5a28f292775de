import { afterAll, beforeAll, expect, it } from 'vitest';
import { TASK_QUEUE } from '../../src/client/index.ts';
import { openStage, type Stage } from '../stories/stage.ts';
import { type GroupCast, groupCast } from '../stories/stage-group.ts';
import { runCommand } from './run-command.ts';

let stage: Stage;
let cast: GroupCast;
let env: NodeJS.ProcessEnv;
beforeAll(async () => {
  stage = await openStage();
  env = { TEMPORAL_ADDRESS: stage.sandbox.temporal.address, TEMPORAL_CONFIG_FILE: '/nonexistent/none.toml' };
  const bad = ['v0.1.0', 'v0.2.0'];
  cast = await groupCast(stage, 'cli-group', {
    members: { agents: bad, orchestrator: bad },
    taskQueue: TASK_QUEUE,
  });
});
afterAll(async () => {
  await cast?.close();
  await stage?.close();
});

it('runbook plan, rollback, status and audit know a group', async () => {
  const planned = await runCommand(['plan', '--group', 'platform'], env);
  expect(planned.stdout).toContain('planned: would roll back agents 0.2.0 -> 0.1.0, orchestrator');
  expect(planned.stdout).toMatch(/^agents\n\n[\s\S]*^\+ +image: .*:v0\.1\.0[\s\S]*^orchestrator\n/m);
  expect(planned.stdout).toMatch(/^plan of the group {2}[0-9a-f]{16}$/m);
  expect(planned.code).toBe(0);

  const done = await runCommand(['rollback', '--group', 'platform', '--reason', 'both are bad'], env);
  expect(done.stdout).toMatch(/^rollback of the group platform {2}agents 0\.2\.0 -> 0\.1\.0, orchestrator/);
  expect(done.stdout).toMatch(/• group +agents: changed/);
  expect(done.stdout).toContain(
    'rolled-back: agents 0.2.0 -> 0.1.0, orchestrator 0.2.0 -> 0.1.0; all proved',
  );
  expect(done.code).toBe(0);

  const [one, all, audited, both, named] = await Promise.all([
    runCommand(['status', 'rollback-group/platform'], env),
    runCommand(['status'], env),
    runCommand(['audit', 'rollback-group/platform'], env),
    runCommand(['rollback', 'agents', '--group', 'platform'], env),
    runCommand(['rollback', 'platform'], env),
  ]);
  expect(one.stdout).toMatch(/^ {3}orchestrator: 0\.2\.0 → 0\.1\.0, rolled-back/m);
  expect(all.stdout).toMatch(/rolled-back +rollback-group\/platform/);
  expect(all.stdout).toMatch(/rolled-back +rollback\/agents\/in\//);
  expect(audited.stdout).toContain('# Rollback of the group of platform (production): rolled-back');
  expect(audited.stdout).toContain('own result agrees');
  expect(both).toMatchObject({ code: 2, stderr: 'a service or --group, not both\n' });
  expect(named.code).toBe(2);
  expect(named.stdout).toContain('platform is a group: start it with --group platform');
});
