import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { containerdOf } from '../../../sandbox/compose/own-engine.ts';
import type { RunbookError } from '../../../src/domain/errors.ts';
import type { RolloutStarted } from '../../../src/domain/pins.ts';
import { until } from '../../../tools/until.ts';
import { quietWith } from './texts.ts';
import { context, HAS_OWN_ENGINE, openWorld, problem, titled } from './world.ts';

const LIMIT_MS = 90_000;

describe.skipIf(problem)(titled('an engine whose containerd was killed'), () => {
  const { host, service } = openWorld();

  test.skipIf(!HAS_OWN_ENGINE)(
    'is waited for: the new version is no bad one, and is not taken back',
    async () => {
      const one = await service(['v0.1.0', 'v0.2.0']);
      const pin = await one.pin();
      // The engine has nothing to stop, for which it would wait: it is asked to start a container, and cannot.
      const [old] = await one.containers();
      await host().docker('stop', old!.id);
      const { env, once } = await one.intercept();
      const socket = host().environment.DOCKER_HOST?.replace('unix://', '') ?? '';
      const containerd = await containerdOf(dirname(socket));
      const mark = host().mark();
      await once({ before: 'compose * up *' }, `kill -9 ${containerd}`);

      const target = one.another({}, env);
      const errors: RunbookError[] = [];
      const attempt = async (): Promise<RolloutStarted | undefined> => {
        try {
          return await target.rollBack(pin, context);
        } catch (error) {
          errors.push(error as RunbookError);
          expect(error).toMatchObject({ type: 'Unreachable', retryable: true });
          return undefined;
        }
      };
      const started = await until('the engine to have a containerd', attempt, { withinMs: LIMIT_MS });

      expect(errors.length).toBeGreaterThan(0);
      expect(started).toMatchObject({ changed: true, version: '0.1.0' });
      expect(await one.containers()).toMatchObject([
        { imageId: one.images['v0.1.0']?.imageId, status: 'running' },
      ]);
      expect((await target.waitForRollout(started, context, () => undefined)).replicas).toBe(1);
      const made = (await host().events(mark)).filter(({ action }) => action === 'create');
      expect(made).toHaveLength(1);
    },
    LIMIT_MS + 30_000,
  );
});

/** Control groups of version 1: what is frozen there does not even end when it is killed. */
const FREEZERS = '/sys/fs/cgroup/freezer';

describe.skipIf(problem)(titled('a container that the engine cannot stop'), () => {
  const { host, service } = openWorld();

  test.skipIf(!HAS_OWN_ENGINE || !existsSync(FREEZERS))(
    'is waited for: it says nothing of the new version, which is started when it has ended',
    async () => {
      const one = await service(['v0.1.0', 'v0.2.0'], { text: quietWith('    stop_grace_period: 1s\n') });
      const pin = await one.pin();
      const [old] = await one.containers();
      const process = await host().docker('inspect', '--format', '{{.State.Pid}}', old!.id);
      const group = /^\d+:freezer:(.+)$/m.exec(await readFile(`/proc/${process}/cgroup`, 'utf8'))?.[1];
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
