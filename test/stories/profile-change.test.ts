import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { UNATTENDED } from '../../sandbox/demo/config.ts';
import { headlines, imageNow, send, waits } from './asked.ts';
import { type Cast, openStage, recordOf, type Stage } from './stage.ts';
import { workerFor } from './stage-runs.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

type Services = Record<string, Record<string, unknown>>;

/** A run that waits for approval while the worker is restarted with other services; approved then, and at its end. */
async function restartedWith(name: string, change: (services: Services) => Services) {
  const approval = { required: true, expires: '120s' };
  const cast: Cast = await stage.cast(name, { profile: { ...UNATTENDED, approval }, worker: false });
  for (const version of ['v0.1.0', 'v0.2.0']) await cast.deploy(version);
  const before = await workerFor(stage.native, cast.configFile, cast.taskQueue);
  const run = await cast.start({ requestedBy: 'ada' });
  const { planHash } = await waits(run, 'approval');
  await before.stop();
  const config = parse(await readFile(cast.configFile, 'utf8'));
  await writeFile(cast.configFile, stringify({ ...config, services: change(config.services) }));
  const after = await workerFor(stage.native, cast.configFile, cast.taskQueue);
  await send(run, 'approve', { plan: planHash, approvedBy: 'ben' });
  const report = await cast.end(run);
  await after.stop();
  return { cast, report };
}

it('T5 another profile in the middle of a run is told and recorded, and each step says which one it had', async () => {
  const { cast, report } = await restartedWith('changed', (services) => ({
    orchestrator: { ...services.orchestrator, startWithin: '9m' },
  }));
  expect(report.outcome).toBe('rolled-back');
  const profileOf = (step: string) => report.ledger.find((entry) => entry.step === step)?.profile;
  const [old, fresh] = [report.request?.profile, profileOf('verify-health')];
  expect(profileOf('plan')).toBe(old);
  expect(fresh).toMatch(/^[0-9a-f]{12}$/);
  expect(fresh).not.toBe(old);
  const changes = report.events?.filter(({ kind }) => kind === 'profile-change') ?? [];
  expect(changes).toHaveLength(1);
  expect(changes[0]?.summary).toContain(`${fresh} instead of ${old}`);
  expect(headlines(cast).filter((line) => line.includes('ANOTHER profile'))).toHaveLength(1);
  expect((await recordOf(report)).markdown).toContain(`${fresh} instead of ${old}`);
});

it('T5 of a service that was removed in the middle of a run people are told all the same', async () => {
  const { cast, report } = await restartedWith('removed', ({ orchestrator }) => ({
    spare: { ...orchestrator },
  }));
  expect(report).toMatchObject({ outcome: 'failed', error: { type: 'ServiceNotConfigured' } });
  expect(headlines(cast).at(-1)).toContain('was NOT rolled back');
  expect(JSON.stringify(cast.channel.received.at(-1)?.body)).toContain('told over slack of spare');
  expect(await imageNow(cast)).toContain('0.2.0');
  await recordOf(report);
});
