import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { containerdOf } from '../../../sandbox/compose/own-engine.ts';
import type { RunbookError } from '../../../src/domain/errors.ts';
import type { RolloutStarted } from '../../../src/domain/pins.ts';
import { until } from '../../../tools/until.ts';
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
