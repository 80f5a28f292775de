import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../tools/until.ts';
import { type Cast, openStage, type Stage } from '../stories/stage.ts';
import { runCommand, startCommand } from './run-command.ts';

let stage: Stage;
let state: string;
beforeAll(async () => {
  state = await mkdtemp(join(tmpdir(), 'runbook-embedded-'));
  stage = await openStage();
});
afterAll(async () => {
  await stage?.close();
  await rm(state, { recursive: true, force: true });
});

/** A bad release of a service that no worker looks after, and the arguments of an embedded command for it. */
async function badRelease(
  good: string,
  name: string,
): Promise<{ cast: Cast; args: string[]; env: NodeJS.ProcessEnv }> {
  const cast = await stage.cast(name, { worker: false });
  await cast.deploy(good);
  await cast.deploy('v0.2.0');
  const env = { XDG_STATE_HOME: join(state, name), TEMPORAL_ADDRESS: '127.0.0.1:1' };
  return { cast, args: ['--embedded', '--config', cast.configFile], env };
}

describe('runbook rollback --embedded', () => {
  it('needs no Temporal service: server and worker live and end with the command', async () => {
    const { cast, args, env } = await badRelease('v0.1.0', 'whole');
    const { code, stdout, stderr } = await runCommand(['rollback', ...args], env);
    expect(stdout).toMatch(/ ✓ record incident +\/.*\.md/);
    expect(stdout).toContain('rolled-back: 0.2.0 -> 0.1.0');
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect((await cast.deployment()).spec.template.spec.containers[0].image).toMatch(/:v0\.1\.0$/);

    const status = await runCommand(['status', ...args], env);
    expect(status.stdout).toMatch(/COMPLETED +rolled-back +rollback\n/);
  }, 60_000);

  it('goes on with a run that was interrupted, and never beside another embedded command', async () => {
    const { cast, args, env } = await badRelease('v0.1.0-slow-ready', 'interrupted');
    const mark = await stage.sandbox.cluster.mark();
    const first = startCommand(['rollback', ...args], env);
    await until('the wait for the rollout', async () => /wait for rollout: .* replicas/.test(first.said()));
    const beside = await runCommand(['status', ...args], env);
    expect(beside.stderr).toContain('another embedded command is running on this machine');
    expect(beside.code).toBe(9);

    first.signal('SIGINT');
    const interrupted = await first.ended;
    expect(interrupted.stderr).toContain('interrupted; the run rollback is kept');
    expect(interrupted.code).toBe(130);

    const second = await runCommand(['rollback', ...args], env);
    expect(second.stderr).toContain('going on with the run that was interrupted: rollback');
    expect(second.stdout).toContain('rolled-back: 0.2.0 -> 0.1.0-slow-ready');
    expect(second.code).toBe(0);
    const patches = (await stage.sandbox.cluster.requests(cast.user, mark)).filter(
      ({ verb, requestURI }) => verb === 'patch' && requestURI.includes('/deployments/'),
    );
    expect(patches).toHaveLength(1);
  }, 60_000);
});
