import { describe, expect, test } from 'vitest';
import { planOf, said } from '../../preconditions/surroundings.ts';
import { slowRegistry } from './slow-registry.ts';
import { context, errorOf, FILE, openWorld, problem, TO_FIRST, titled } from './world.ts';

const both = ['v0.1.0', 'v0.2.0'];
const { host, service } = openWorld();

describe.skipIf(problem)(titled('nothing is touched before the image is on the engine'), () => {
  test('the pull comes first, then the file, then the container', async () => {
    const one = await service(both);
    await one.forget('v0.1.0');
    const before = await one.state();
    const { env, commands, once } = await one.intercept();
    await once({ after: 'pull *' }, `cp '${one.folder}/${FILE}' '${one.folder}/at-pull'`);
    await one.another({}, env).rollBack(await one.pin(), context);
    expect(await one.read('at-pull')).toBe(before.files[FILE]);
    const changing = (await commands()).filter((line) => /^(pull|tag) |^compose .* up /.test(line));
    expect(changing).toEqual([
      `pull --quiet ${one.repository}@${one.images['v0.1.0']?.digest}`,
      expect.stringMatching(/^tag /),
      expect.stringMatching(/^compose .* up --detach --no-deps --no-build --pull never orchestrator$/),
    ]);
  });

  test('a registry that is gone stops it, and it goes on by itself when the registry is back', async () => {
    const one = await service(both);
    await one.forget('v0.1.0');
    const pin = await one.pin();
    const before = await one.state();
    await host().registry.stop();
    try {
      const error = await errorOf(one.target.rollBack(pin, context));
      expect(error).toMatchObject({ type: 'Unreachable', retryable: true });
      expect(error.message).toContain(`${one.repository}@${one.images['v0.1.0']?.digest} cannot be pulled`);
      expect(await one.state()).toEqual(before);
    } finally {
      await host().registry.start();
    }
    expect(await one.target.rollBack(pin, context)).toMatchObject({ changed: true, version: '0.1.0' });
  });

  test('a registry that is gone is not needed for an image that is here', async () => {
    const one = await service(both);
    await host().registry.stop();
    try {
      const started = await one.target.rollBack(await one.pin(), context);
      expect(await one.wait(started)).toMatchObject({ imageId: one.images['v0.1.0']?.imageId });
    } finally {
      await host().registry.start();
    }
  });

  test('a tag that is gone is not needed while the registry has the image', async () => {
    const one = await service(['v0.1.0']);
    await one.prove();
    const before = await one.read();
    await host().images.publish('v0.2.0', { repository: one.repository.split('/')[1] ?? '' });
    await one.deploy('v0.2.0');
    await one.forget('v0.1.0');
    await host().images.deleteTag('v0.1.0', one.repository.split('/')[1]);
    await one.target.rollBack(await one.pin({ kind: 'known-good' }), context);
    expect(await one.read()).toBe(before);
    expect(await one.containers()).toMatchObject([
      { imageId: one.images['v0.1.0']?.imageId, status: 'running' },
    ]);
  });

  test('what is said of the image beforehand is of its registry and of the engine', async () => {
    const one = await service(both);
    const { digest = '' } = one.images['v0.1.0'] ?? {};
    const says = async () => {
      const pin = await one.pin();
      return async () => said('image', {}, planOf(pin.image, undefined, { pin }), { target: one.target });
    };
    const whileHere = await says();
    expect(await whileHere()).toMatch(/^met: .*0\.1\.0 \(sha256:\w{12}\) is there, by digest$/);
    await one.forget('v0.1.0');
    const whilePulled = await says();
    expect(await whilePulled()).toMatch(/^met: .* is there, by digest$/);
    await host().images.deleteImage(digest, one.repository.split('/')[1]);
    expect(await whilePulled()).toMatch(/^not-met: .*0\.1\.0 \(sha256:\w{12}\) is not in its registry$/);
    expect(await whileHere()).toMatch(/^met: .* is on the engine, and in its registry no more/);
  });

  test('an image that was deleted after the plan was made stops it, for good', async () => {
    const one = await service(both);
    await one.forget('v0.1.0');
    const pin = await one.pin();
    const before = await one.state();
    const { digest = '' } = one.images['v0.1.0'] ?? {};
    await host().images.deleteImage(digest, one.repository.split('/')[1]);
    const error = await errorOf(one.target.rollBack(pin, context));
    expect(error).toMatchObject({ type: 'ImageMissing', retryable: false });
    expect(await one.state()).toEqual(before);
  });

  test('a pull that hangs ends with the step, and nothing of it is left', async () => {
    const slow = await slowRegistry(host().registry.url);
    const one = await service(both, { registry: slow.address });
    await one.forget('v0.1.0');
    const pin = await one.pin();
    const before = await one.state();
    slow.hang();
    const cancel = new AbortController();
    const rollingBack = one.target.rollBack(pin, { ...context, signal: cancel.signal });
    const ended = rollingBack.catch((error: unknown) => error);
    await slow.asked;
    const cancelledAt = Date.now();
    cancel.abort(new Error('cancelled'));
    expect(await ended).toMatchObject({ message: 'cancelled' });
    expect(Date.now() - cancelledAt).toBeLessThan(1_000);
    expect(await one.state()).toEqual(before);
    slow.mend();
    expect(await one.target.rollBack(pin, context)).toMatchObject({ changed: true });
  });

  test('a pull that takes too long is tried again later', async () => {
    const slow = await slowRegistry(host().registry.url);
    const one = await service(both, { registry: slow.address, profile: { pullTimeoutMs: 500 } });
    await one.forget('v0.1.0');
    const pin = await one.pin();
    slow.hang();
    const before = await one.state();
    const error = await errorOf(one.target.rollBack(pin, context));
    expect(error).toMatchObject({ type: 'Unreachable', retryable: true });
    expect(error.message).toBe('docker pull did not end within 0.5 s');
    expect(await one.state()).toEqual(before);
  });

  test('an image that is nowhere is found out by check-access and by the plan', async () => {
    const one = await service(both);
    await one.prove();
    const before = await one.state();
    const wish = { kind: 'version', version: '9.9.9' } as const;
    const denied = await errorOf(one.target.checkAccess(wish, context));
    expect(denied.type).toBe('ImageMissing');
    expect(denied.message).toContain(
      `${one.repository}:v9.9.9 (asked for: 9.9.9) is neither in its registry nor`,
    );
    expect(denied.message).toContain('known versions: 0.2.0, 0.1.0');
    expect((await errorOf(one.resolve(wish))).type).toBe('ImageMissing');
    expect(await one.state()).toEqual(before);
  });
});

describe.skipIf(problem)(titled('what is rolled back to is the pinned image'), () => {
  test('when the tag leads elsewhere by now, the file gets the digest too, and the plan says so', async () => {
    const one = await service(['v0.1.0']);
    await one.prove();
    const repository = one.repository.split('/')[1] ?? '';
    await host().images.publish('v0.2.0', { repository });
    await one.deploy('v0.2.0');
    await one.forget('v0.1.0');
    const moved = await host().images.retag('v0.2.0', 'v0.1.0', repository);
    const { plan, diff } = await one.resolve({ kind: 'known-good' });
    const pinned = `${one.repository}:v0.1.0@${one.images['v0.1.0']?.digest}`;
    expect(plan.warnings).toContainEqual(
      `the tag v0.1.0 leads to another image in the registry by now (${moved.slice(0, 19)}): the file gets ${pinned}`,
    );
    expect(diff).toContain(`\n+    image: ${pinned}\n`);
    await one.target.rollBack(plan.pin, context);
    expect(await one.read()).toContain(`    image: ${pinned} # the release\n`);
    expect(await one.containers()).toMatchObject([{ imageId: one.images['v0.1.0']?.imageId }]);
  });

  test('with pin: digest the file gets tag and digest', async () => {
    const one = await service(['v0.1.0', 'v0.2.0'], { profile: { pin: 'digest' } });
    const before = await one.read();
    const started = await one.target.rollBack(await one.pin(), context);
    const pinned = `${one.repository}:v0.1.0@${one.images['v0.1.0']?.digest}`;
    expect(await one.read()).toBe(before.replace(`${one.repository}:v0.2.0`, pinned));
    expect(await one.wait(started)).toMatchObject({ imageId: one.images['v0.1.0']?.imageId, replicas: 1 });
    expect((await one.resolve(TO_FIRST)).plan.changesNothing).toBe(true);
  });

  test('when somebody has given its tag to another image on the engine', async () => {
    const one = await service(['v0.1.0', 'v0.2.0']);
    await one.prove();
    const pin = await one.pin();
    await host().docker('tag', `${one.repository}:v0.2.0`, `${one.repository}:v0.1.0`);
    await one.target.rollBack(pin, context);
    expect(await one.containers()).toMatchObject([{ imageId: one.images['v0.1.0']?.imageId }]);
  });
});
