import { afterAll, beforeAll, expect, it } from 'vitest';
import { headlines, imageNow } from './asked.ts';
import { restartedWith } from './restarted-worker.ts';
import { openStage, recordOf, type Stage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

it('T5 another profile in the middle of a run is told and recorded, and each step says which one it had', async () => {
  const { cast, report } = await restartedWith(stage, 'changed', (services) => ({
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
  const { cast, report } = await restartedWith(stage, 'removed', ({ orchestrator }) => ({
    spare: { ...orchestrator },
  }));
  expect(report).toMatchObject({ outcome: 'failed', error: { type: 'ServiceNotConfigured' } });
  expect(headlines(cast).at(-1)).toContain('was NOT rolled back');
  expect(JSON.stringify(cast.channel.received.at(-1)?.body)).toContain('told over slack of spare');
  expect(await imageNow(cast)).toContain('0.2.0');
  await recordOf(report);
});
