import { userInfo } from 'node:os';
import { describe, expect, test } from 'vitest';
import { carryOut, snapshotOf } from '../restored.ts';
import { playing, quietWith } from '../texts.ts';
import { context, errorOf, FILE, openWorld, problem, TO_FIRST, titled } from '../world.ts';

const both = ['v0.1.0', 'v0.2.0'];
const TIME = '\\d{4}-\\d\\d-\\d\\dT[0-9:.]+Z';
const OURS = new RegExp(`^this runbook \\(run-1/roll-back(-2)? at ${TIME}\\)$`);
const written = (path: string) => `wrote ${path} \\(owner ${userInfo().username}\\) at ${TIME}`;
const MADE = `made container \\S+ at ${TIME}`;
const exactly = (...parts: string[]) => expect.stringMatching(new RegExp(`^whoever ${parts.join('; ')}$`));

describe.skipIf(problem)(titled('who changed a Compose service last'), () => {
  const { host, service } = openWorld();
  const withEnv = { text: quietWith('    env_file: app.env\n'), files: { 'app.env': 'LLM_TIMEOUT=30\n' } };

  test('is this runbook after a rollback and after a restore, also when the containers were restarted', async () => {
    const one = await service(both);
    const snapshot = await snapshotOf(one);
    await carryOut(one, TO_FIRST);
    expect(await one.target.lastChangedBy(context)).toEqual({ who: expect.stringMatching(OURS), ours: true });
    const [container] = await one.containers();
    await host().docker('restart', '--time', '0', container?.id ?? '');
    expect(await one.target.lastChangedBy(context)).toMatchObject({ ours: true });
    await carryOut(one, { kind: 'snapshot', snapshot });
    expect(await one.target.lastChangedBy(context)).toEqual({ who: expect.stringMatching(OURS), ours: true });
  });

  test('is this runbook after it has restored a failed start', async () => {
    const text = playing('process.exit(1)');
    const one = await service(both, { text, behaviours: { 'v0.1.0': 'crash-exit-1' } });
    await errorOf(one.wait(await one.target.rollBack(await one.pin(), context)));
    expect(await one.target.lastChangedBy(context)).toEqual({ who: expect.stringMatching(OURS), ours: true });
  });

  test('is whose file was edited, with the time, also when the container is still ours', async () => {
    const one = await service(both, withEnv);
    await carryOut(one, TO_FIRST);
    await one.write('app.env', 'LLM_TIMEOUT=1\n');
    expect(await one.target.lastChangedBy(context)).toEqual({
      who: exactly(written('app.env')),
      ours: false,
    });
    await one.write(FILE, `${await one.read()}# mine\n`);
    await one.up();
    expect(await one.target.lastChangedBy(context)).toEqual({
      who: exactly(written('app.env'), written(FILE), MADE),
      ours: false,
    });
  });

  test('is somebody who made the container anew, from files that are ours', async () => {
    const one = await service(both);
    await carryOut(one, TO_FIRST);
    await one.up('--force-recreate');
    expect(await one.target.lastChangedBy(context)).toEqual({ who: exactly(MADE), ours: false });
  });

  test('is somebody who removed the container', async () => {
    const one = await service(both);
    await carryOut(one, TO_FIRST);
    const [container] = await one.containers();
    await host().docker('rm', '--force', container?.id ?? '');
    expect(await one.target.lastChangedBy(context)).toEqual({
      who: 'somebody who removed the container',
      ours: false,
    });
  });

  test('is the latest of what can be seen where this runbook has changed nothing', async () => {
    const one = await service(both, withEnv);
    expect(await one.target.lastChangedBy(context)).toEqual({ who: exactly(MADE), ours: false });
    await one.write('app.env', 'LLM_TIMEOUT=1\n');
    expect(await one.target.lastChangedBy(context)).toEqual({
      who: exactly(written('app.env')),
      ours: false,
    });
  });
});
