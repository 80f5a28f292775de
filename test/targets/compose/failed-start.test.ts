import { mkdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ComposeProfile } from '../../../src/domain/request/profile.ts';
import { inForm } from '../../faults/forms.ts';
import { NAME, playing, quietWith, RUNS } from './texts.ts';
import { context, errorOf, FILE, openWorld, problem, type Service, titled } from './world.ts';

const KNOWN_GOOD = { kind: 'known-good' } as const;
const both = ['v0.1.0', 'v0.2.0'];
const behaviours = { 'v0.1.0': 'crash-exit-1' } as const;
const rollout = { deadlineMs: 15_000, crashLoopRestarts: 3, stableForMs: 300 };

/** `node` is asked every 100 ms whether the version is well: what is not `good` is not. */
const CHECK = "process.exit(process.env.ORCH_BEHAVIOUR === 'good' ? 0 : 1)";
const checked = (retries: number) => `    healthcheck:
      test: ${JSON.stringify(['CMD', 'node', '-e', CHECK])}
      interval: 100ms
      retries: ${retries}
`;

describe.skipIf(problem)(titled('a version that does not start'), () => {
  const { host, service } = openWorld();

  /** Files and image as before, and a container of it that runs. */
  async function expectRestored(one: Service, before: Awaited<ReturnType<Service['state']>>) {
    const { files, containers } = await one.state();
    expect(files).toMatchObject(before.files);
    expect(containers).toMatchObject([{ imageId: before.containers[0]?.imageId, status: 'running' }]);
    expect(await one.read(`.runbook/${NAME}/change.json`)).toContain('"phase": "restored"');
  }

  interface Case {
    readonly what: string;
    /** What the version does. */
    readonly bad: string;
    readonly reason: RegExp;
    readonly lines?: string;
    readonly limits?: Partial<ComposeProfile['rollout']>;
  }
  const cases: readonly Case[] = [
    {
      what: 'ends with code 1',
      bad: "console.log('no database'); process.exit(1)",
      reason: /ended with exit code 1; .*no database/,
    },
    { what: 'ends with code 0', bad: 'process.exit(0)', reason: /ended with exit code 0; it logged nothing/ },
    {
      what: 'ends after a while',
      bad: 'setTimeout(() => process.exit(7), 500)',
      reason: /ended with exit code 7/,
      limits: { stableForMs: 3_000 },
    },
    {
      what: 'is restarted again and again',
      bad: 'process.exit(3)',
      reason: /restarted \d times(, the last time after exit code 3)?; it logged nothing/,
      lines: '    restart: always\n',
    },
    {
      what: 'is unhealthy',
      bad: RUNS,
      reason: /is unhealthy: its healthcheck fails/,
      lines: checked(2),
    },
    {
      what: 'is unhealthy, and ends only when it is killed',
      bad: 'setInterval(() => {}, 1e6)',
      reason: /is unhealthy/,
      lines: `${checked(2)}    stop_grace_period: 1s\n`,
    },
  ];
  test.each(inForm(cases))(
    'and $what is replaced by what was there before',
    async ({ bad, reason, lines = '', limits = {} }) => {
      const profile = { rollout: { ...rollout, ...limits } };
      const one = await service(both, { text: playing(bad, lines), behaviours, profile });
      const before = await one.state();
      const started = await one.target.rollBack(await one.pin(), context);
      expect(started).toMatchObject({ changed: true, version: '0.1.0' });
      const error = await errorOf(one.wait(started));
      expect(error).toMatchObject({ type: 'RolloutFailed', retryable: false });
      expect(error.message).toMatch(/^container \S+ of 0\.1\.0 /);
      expect(error.message).toMatch(reason);
      expect(error.message).toMatch(/; docker-compose\.yml and the container of 0\.2\.0 are restored$/);
      await expectRestored(one, before);
    },
  );

  test('and never becomes healthy is replaced when the time is over', async () => {
    const profile = { rollout: { ...rollout, deadlineMs: 2_000 } };
    const one = await service(both, { text: playing(RUNS, checked(1000)), behaviours, profile });
    const before = await one.state();
    const error = await errorOf(one.wait(await one.target.rollBack(await one.pin(), context)));
    expect(error.type).toBe('RolloutTimedOut');
    expect(error.message).toMatch(
      /^0\.1\.0 was not up within 2 s: .*running, health starting; docker-compose\.yml and/,
    );
    await expectRestored(one, before);
  });

  /** Lines of the proved version that the engine will refuse once something outside of the project is gone. */
  const refusals: readonly (readonly [string, (folder: string) => string, RegExp])[] = [
    [
      'to make',
      (at) =>
        `    volumes: [{type: bind, source: '${at}/data', target: /data, bind: {create_host_path: false}}]\n`,
      /bind source path does not exist/,
    ],
    ['to start', (at) => `    devices: ['${at}/device:/dev/gone']\n`, /error gathering device information/],
  ];
  test.each(refusals)(
    'because the engine refuses %s its container is replaced at once',
    async (_what, lines, reason) => {
      const outside = join(process.env.TMPDIR ?? '/tmp', `runbook-outside-${process.pid}`);
      await mkdir(join(outside, 'data'), { recursive: true });
      await symlink('/dev/null', join(outside, 'device'));
      const text = quietWith(lines(outside));
      const one = await service(['v0.1.0'], { text });
      await one.prove();
      await host().images.publish('v0.2.0', { repository: one.repository.split('/')[1] ?? '' });
      await one.deploy('v0.2.0', { text: quietWith('') });
      await rm(outside, { recursive: true });
      const before = await one.state();
      const pin = await one.pin(KNOWN_GOOD);
      const error = await errorOf(one.target.rollBack(pin, context));
      expect(error).toMatchObject({ type: 'RolloutFailed', retryable: false });
      expect(error.message).toMatch(reason);
      expect(error.message).toMatch(/; docker-compose\.yml and the container of 0\.2\.0 are restored$/);
      await expectRestored(one, before);
      const again = await errorOf(one.target.rollBack(pin, context));
      expect(again.type).toBe('RolloutFailed');
      await expectRestored(one, before);
    },
  );

  test('is told with the last lines of its log, without secrets and not all of them', async () => {
    const bad = `for (let line = 1; line <= 200; line++) console.error('line ' + line + ' ' + 'x'.repeat(90));
      console.error('connecting with password=hunter2-hunter2'); process.exit(1)`;
    const one = await service(both, { text: playing(bad.replaceAll('\n', ' ')), behaviours });
    const { message } = await errorOf(one.wait(await one.target.rollBack(await one.pin(), context)));
    expect(message).toContain('line 200 ');
    expect(message).toContain('connecting with password=•••');
    expect(message).not.toMatch(/hunter2|line 100 /);
    expect(message.length).toBeLessThan(2_000);
  });

  test('leaves no container when none ran before', async () => {
    const one = await service(both, {
      text: playing('process.exit(1)', '    restart: always\n'),
      behaviours,
    });
    const [container] = await one.containers();
    await host().docker('rm', '--force', container?.id ?? '');
    const { files } = await one.state();
    const error = await errorOf(one.wait(await one.target.rollBack(await one.pin(), context)));
    expect(error.message).toMatch(/; docker-compose\.yml and no container, as before, are restored$/);
    const after = await one.state();
    expect(after.files).toMatchObject(files);
    expect(after.containers.map(({ status }) => status)).toEqual(['exited']);
  });

  test('is replaced by what ran, also when the file said something else that was never brought up', async () => {
    const one = await service(both, { text: playing('process.exit(1)'), behaviours });
    await one.write(FILE, (await one.read()).replace('v0.2.0', 'v0.3.0'));
    const before = await one.state();
    const tags = await one.tags();
    const error = await errorOf(one.wait(await one.target.rollBack(await one.pin(), context)));
    expect(error.message).toMatch(/; docker-compose\.yml and the container of 0\.2\.0 are restored$/);
    await expectRestored(one, before);
    expect(await one.tags()).toEqual(tags);
  });

  test('leaves an edit that was made meanwhile, and says that the files cannot be restored', async () => {
    const one = await service(both, { text: playing('process.exit(1)'), behaviours });
    const started = await one.target.rollBack(await one.pin(), context);
    const edited = `${await one.read()}# mine\n`;
    await one.write(FILE, edited);
    const error = await errorOf(one.wait(started));
    expect(error.type).toBe('RolloutFailed');
    expect(error.message).toMatch(
      /ended with exit code 1.*; and docker-compose\.yml cannot be restored: somebody else has changed it meanwhile; compare it with its backup$/,
    );
    expect(await one.read()).toBe(edited);
  });

  test('is not replaced when it was only observed: a wait without a change restores nothing', async () => {
    const one = await service(both, { text: playing('process.exit(1)'), behaviours });
    await one.deploy('v0.1.0');
    const current = await one.target.current(context);
    const error = await errorOf(one.wait(current));
    expect(error.type).toBe('RolloutFailed');
    expect(error.message).not.toContain('restored');
    const { files, containers } = await one.state();
    expect(files[FILE]).toContain(':v0.1.0');
    expect(containers).toMatchObject([{ imageId: one.images['v0.1.0']?.imageId, status: 'exited' }]);
  });
});
