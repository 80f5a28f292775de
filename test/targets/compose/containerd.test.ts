import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { containerdOf, killAfterNextStart } from '../../../sandbox/compose/own-engine.ts';
import type { RunbookError } from '../../../src/domain/errors.ts';
import { until } from '../../../tools/until.ts';
import { inForm } from '../../faults/forms.ts';
import { startOfAnotherThan } from './moments-of-a-start.ts';
import { quietWith } from './texts.ts';
import { context, HAS_OWN_ENGINE, openWorld, problem, type Service, titled } from './world.ts';

const LIMIT_MS = 90_000;
/** When a container was started that the engine did not start. */
const NEVER = /^0001/;
const HEARD = { withinMs: 20_000, everyMs: 200 };
const HEALTHCHECK = `    healthcheck:
      test: ["CMD", "node", "-e", "process.exit(0)"]
      interval: 1s
      timeout: 3s
`;

describe.skipIf(problem)(titled('an engine whose containerd was killed'), () => {
  const { host, service } = openWorld({ own: true });

  const engineFolder = () => dirname(host().environment.DOCKER_HOST?.replace('unix://', '') ?? '');

  async function containerd(): Promise<number> {
    const pid = await containerdOf(engineFolder());
    if (!pid) throw new Error('the engine has no containerd');
    return pid;
  }

  interface Moment {
    readonly when: string;
    /** How many containers may have run a program by the end. */
    readonly ran: number;
    /** Has it killed at that moment of a rollback. @returns the environment of the worker, and what ends with the kill. */
    arrange(one: Service): Promise<{
      readonly env: Service['env'];
      readonly killed: Promise<void>;
      /** Before it is tried again. */
      readonly again?: () => Promise<unknown>;
    }>;
  }
  const moments: readonly Moment[] = [
    {
      when: 'when it has started a container, of which the engine hears afterwards',
      ran: 2,
      async arrange(one) {
        const [old] = await one.containers();
        const runs = async () =>
          (await one.containers()).some(({ id, status }) => id !== old!.id && status === 'running');
        const killed = killAfterNextStart(await containerd(), engineFolder());
        // It hears of it within 15 s, or never: what comes then is another story, with the same end.
        const heard = () => until('the engine to hear of it', runs, HEARD).catch(() => undefined);
        return { env: one.env, killed, again: heard };
      },
    },
    {
      when: 'before it is asked to start a container',
      ran: 1,
      async arrange(one) {
        // The engine has nothing to stop, for which it would wait.
        const [old] = await one.containers();
        await host().docker('stop', old!.id);
        const { env, once } = await one.intercept();
        await once({ before: 'compose * up *' }, `kill -9 ${await containerd()}`);
        return { env, killed: Promise.resolve() };
      },
    },
    {
      when: 'while it starts a container, of which something is left behind',
      ran: 1,
      async arrange(one) {
        const [old] = await one.containers();
        const pid = await containerd();
        const killed = startOfAnotherThan(old!.id, engineFolder());
        return { env: one.env, killed: killed.then(() => void process.kill(pid, 'SIGKILL')) };
      },
    },
  ];

  test.skipIf(!HAS_OWN_ENGINE).each(inForm(moments))(
    '$when is waited for: the new version is no bad one, and is not taken back',
    async ({ arrange, ran: most }) => {
      const one = await service(['v0.1.0', 'v0.2.0']);
      const pin = await one.pin();
      const { env, killed, again } = await arrange(one);
      const mark = host().mark();

      const target = one.another({}, env);
      const { errors, done } = attempts(async (failed) => {
        if (failed === 1) await again?.();
        return target.rollBack(pin, context);
      });
      const [started] = await Promise.all([done, killed]);

      expect(errors.length).toBeGreaterThan(0);
      expect(started).toMatchObject({ changed: true, version: '0.1.0' });
      expect(await one.containers()).toMatchObject([
        { imageId: one.images['v0.1.0']?.imageId, status: 'running' },
      ]);
      expect((await target.waitForRollout(started, context, () => undefined)).replicas).toBe(1);
      expect((await one.containers())[0]?.startedAt).not.toMatch(NEVER);
      const events = await host().events(mark);
      const ran = new Set(
        events.filter(({ action }) => action === 'start').map(({ container }) => container),
      );
      expect(ran.size).toBeLessThanOrEqual(most);
    },
    LIMIT_MS + 30_000,
  );

  test.skipIf(!HAS_OWN_ENGINE)(
    'while a container of the version is started again has it started once more by the wait',
    async () => {
      const rollout = { deadlineMs: 60_000, crashLoopRestarts: 3, stableForMs: 0 };
      const one = await service(['v0.1.0', 'v0.2.0'], { text: quietWith(HEALTHCHECK), profile: { rollout } });
      const started = await one.target.rollBack(await one.pin(), context);
      const [made] = await one.containers();
      await host().docker('stop', made!.id);
      const killed = killAfterNextStart(await containerd(), engineFolder());
      const again = host().docker('start', made!.id);
      await Promise.all([expect(again).rejects.toThrow('unavailable'), killed]);

      const up = await attempts(() => one.wait(started)).done;
      expect(up).toMatchObject({ replicas: 1 });
      const [container] = await one.containers();
      expect(container).toMatchObject({ imageId: one.images['v0.1.0']?.imageId, status: 'running' });
      expect(container?.id).not.toBe(made!.id);
      expect(container?.startedAt).not.toMatch(NEVER);
      expect(await one.target.lastChangedBy(context)).toMatchObject({ ours: true });
    },
    LIMIT_MS,
  );

  test.skipIf(!HAS_OWN_ENGINE)(
    'while a version starts cannot run its healthcheck: the version is not unhealthy by that',
    async () => {
      const text = quietWith(HEALTHCHECK);
      const rollout = { deadlineMs: 60_000, crashLoopRestarts: 3, stableForMs: 4_000 };
      const one = await service(['v0.1.0', 'v0.2.0'], { text, profile: { rollout } });
      const started = await one.target.rollBack(await one.pin(), context);
      const mark = host().mark();
      process.kill(await containerd(), 'SIGKILL');
      const said: string[] = [];
      const up = await one.target.waitForRollout(started, context, ({ message }) => said.push(message));
      expect(said).toContainEqual(expect.stringContaining('the engine could not run its healthcheck'));
      expect(up).toMatchObject({ replicas: 1 });
      expect(await one.containers()).toMatchObject([{ imageId: one.images['v0.1.0']?.imageId }]);
      expect((await host().events(mark)).filter(({ action }) => action === 'create')).toEqual([]);
    },
    LIMIT_MS,
  );
});

/** As a step does: tries again while the engine cannot be reached. @returns the errors too. */
function attempts<T>(attempt: (failed: number) => Promise<T>) {
  const errors: RunbookError[] = [];
  const once = async (): Promise<T | undefined> => {
    try {
      return await attempt(errors.length);
    } catch (error) {
      errors.push(error as RunbookError);
      expect(error).toMatchObject({ type: 'Unreachable', retryable: true });
      return undefined;
    }
  };
  return { errors, done: until('the engine to do it', once, { withinMs: LIMIT_MS, everyMs: 500 }) };
}

/** Control groups of version 1: what is frozen there does not even end when it is killed. */
const FREEZERS = '/sys/fs/cgroup/freezer';

describe.skipIf(problem)(titled('a container that the engine cannot stop'), () => {
  const { host, service } = openWorld({ own: true });

  test.skipIf(!HAS_OWN_ENGINE || !existsSync(FREEZERS))(
    'is waited for: it says nothing of the new version, which is started when it has ended',
    async () => {
      const one = await service(['v0.1.0', 'v0.2.0'], { text: quietWith('    stop_grace_period: 1s\n') });
      const pin = await one.pin();
      const [old] = await one.containers();
      const process = await host().docker('inspect', '--format', '{{.State.Pid}}', old!.id);
      const group = /^\d+:freezer:(.+)$/m.exec(await readFile(`/proc/${process}/cgroup`, 'utf8'))?.[1];
      // Its own group would be thawed for the kill.
      const freezer = `${FREEZERS}${dirname(group!)}/freezer.state`;
      await writeFile(freezer, 'FROZEN');
      await using _ = { [Symbol.asyncDispose]: () => writeFile(freezer, 'THAWED') };
      const mark = host().mark();

      await expect(one.target.rollBack(pin, context)).rejects.toMatchObject({
        type: 'Unreachable',
        retryable: true,
        message: expect.stringContaining('cannot stop container'),
      });
      expect(await one.containers()).toContainEqual(
        expect.objectContaining({ id: old!.id, status: 'running' }),
      );

      await writeFile(freezer, 'THAWED');
      const started = await one.target.rollBack(pin, context);
      expect(started).toMatchObject({ changed: true, version: '0.1.0' });
      expect(await one.containers()).toMatchObject([
        { imageId: one.images['v0.1.0']?.imageId, status: 'running' },
      ]);
      expect((await one.wait(started)).replicas).toBe(1);
      const made = (await host().events(mark)).filter(({ action }) => action === 'create');
      expect(made).toHaveLength(1);
    },
    LIMIT_MS,
  );
});
