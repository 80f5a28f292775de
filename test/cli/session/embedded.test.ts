import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../../../tools/until.ts';
import { ASKED } from '../../stories/asked.ts';
import { type Cast, openStage, type Stage } from '../../stories/stage.ts';
import { runCommand, startCommand } from '../run-command.ts';

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
    expect((await cast.workload()).spec.template.spec.containers[0].image).toMatch(/:v0\.1\.0$/);

    const status = await runCommand(['status', ...args], env);
    expect(status.stdout).toMatch(/COMPLETED +rolled-back +rollback\/orchestrator\n/);
  });

  it('goes on with a run that was interrupted', async () => {
    const { cast, args, env } = await badRelease('v0.1.0-slow-ready', 'interrupted');
    const mark = await stage.sandbox.cluster.mark();
    const first = startCommand(['rollback', ...args], env);
    await until('the wait for the rollout', async () => /wait for rollout: .* replicas/.test(first.said()));
    first.signal('SIGINT');
    const interrupted = await first.ended;
    expect(interrupted.stderr).toContain('interrupted; the run rollback/orchestrator is kept');
    expect(interrupted.code).toBe(130);

    const second = await runCommand(['rollback', ...args], env);
    expect(second.stderr).toContain('going on with the run that was interrupted: rollback/orchestrator');
    expect(second.stdout).toContain('rolled-back: 0.2.0 -> 0.1.0-slow-ready');
    expect(second.code).toBe(0);
    const patches = (await stage.sandbox.cluster.requests(cast.user, mark)).filter(
      ({ verb, requestURI }) => verb === 'patch' && requestURI.includes('/deployments/'),
    );
    expect(patches).toHaveLength(1);
  });

  it('is answered by another command, which reaches its server as it says; no embedded one runs beside it', async () => {
    const cast = await stage.cast('asked', { worker: false, profile: ASKED });
    await cast.deploy('v0.1.0');
    const env = { XDG_STATE_HOME: join(state, 'asked'), TEMPORAL_ADDRESS: '127.0.0.1:1' };
    const args = ['rollback', '--to', 'revision:77', '--embedded', '--config', cast.configFile];
    const run = startCommand(args, env);
    const offered =
      /TEMPORAL_ADDRESS=(\S+) runbook decide rollback\/orchestrator <retry\|skip\|change-target\|abort> --by/;
    const [, address] = await until('the question', async () => offered.exec(run.said()) ?? undefined);
    const beside = await runCommand(['status', '--embedded', '--config', cast.configFile], env);
    expect(beside.stderr).toContain('another embedded command is running on this machine');
    expect(beside.code).toBe(9);
    const answer = ['decide', 'rollback/orchestrator', 'abort', '--by', 'ada', '--reason', 'typo'];
    const answered = await runCommand(answer, { ...env, TEMPORAL_ADDRESS: address });
    expect(answered).toMatchObject({ code: 0, stderr: '' });
    const { code, stdout, stderr } = await run.ended;
    expect(stdout).toContain('• decision            ada: abort (typo)');
    // U6: a step and a run that have failed as they may are no entries of a log.
    expect(stderr).toBe('');
    expect(code).toBe(3);
  });
});
