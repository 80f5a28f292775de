import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { quietWith } from './texts.ts';
import { context, errorOf, FILE, openWorld, problem, titled } from './world.ts';

describe.skipIf(problem)(titled('what somebody else does between plan and rollback'), () => {
  const { host, service } = openWorld();
  const both = ['v0.1.0', 'v0.2.0'];
  const withEnv = { text: quietWith('    env_file: app.env\n'), files: { 'app.env': 'LLM_TIMEOUT=30\n' } };

  test.each([
    ['the compose file is edited', FILE, '# call me before you touch this\n'],
    ['the env file of the service is edited', 'app.env', 'LLM_RETRIES=2\n'],
  ])('stops it when %s, and the edit stays', async (_what, path, edit) => {
    const one = await service(both, withEnv);
    const pin = await one.pin();
    await one.write(path, (await one.read(path)) + edit);
    const before = await one.state();
    const error = await errorOf(one.target.rollBack(pin, context));
    expect(error).toMatchObject({ type: 'WorkloadChanged', retryable: false });
    expect(error.message).toContain(`${path} was changed by somebody else after the plan was made`);
    expect(await one.state()).toEqual(before);
  });

  test('stops it when the compose file is gone', async () => {
    const one = await service(both);
    const pin = await one.pin();
    await rename(join(one.folder, FILE), join(one.folder, 'elsewhere'));
    const before = await one.state();
    expect((await errorOf(one.target.rollBack(pin, context))).type).toBe('WorkloadMissing');
    expect(await one.state()).toEqual(before);
  });

  test('stops it when another version was deployed and the file put back', async () => {
    const one = await service(both);
    const pin = await one.pin();
    const file = await one.read();
    await host().images.publish('v0.3.0', {
      repository: one.repository.split('/')[1] ?? '',
      behaviour: 'good',
    });
    await one.deploy('v0.3.0');
    await one.write(FILE, file);
    const before = await one.state();
    const error = await errorOf(one.target.rollBack(pin, context));
    expect(error.type).toBe('WorkloadChanged');
    expect(error.message).toContain('somebody has deployed meanwhile');
    expect(await one.state()).toEqual(before);
  });

  test('is found until just before the file is replaced', async () => {
    const one = await service(both);
    const pin = await one.pin();
    const { env, once } = await one.intercept();
    await one.forget('v0.1.0');
    const before = await one.state();
    await once({ before: 'tag *' }, `echo '# at the last moment' >> '${one.folder}/${FILE}'`);
    const error = await errorOf(one.another({}, env).rollBack(pin, context));
    expect(error.type).toBe('WorkloadChanged');
    expect(await one.state()).toEqual({
      ...before,
      files: { ...before.files, [FILE]: `${before.files[FILE]}# at the last moment\n` },
    });
  });

  test('with several files leaves none of them replaced when one was edited at the last moment', async () => {
    const one = await service(['v0.1.0'], withEnv);
    await one.prove();
    await host().images.publish('v0.2.0', { repository: one.repository.split('/')[1] ?? '' });
    await one.deploy('v0.2.0', { files: { 'app.env': 'LLM_TIMEOUT=1\n' } });
    const { env, once } = await one.intercept();
    const pin = await one.pin({ kind: 'known-good' });
    expect(pin.changes.map(({ path }) => path)).toEqual(['app.env', FILE]);
    const { files, containers } = await one.state();
    const last = pin.changes.at(-1)?.path ?? '';
    await one.forget('v0.1.0');
    await once({ before: 'tag *' }, `echo '# at the last moment' >> '${one.folder}/${last}'`);
    expect((await errorOf(one.another({}, env).rollBack(pin, context))).type).toBe('WorkloadChanged');
    expect(await one.read('app.env')).toBe('LLM_TIMEOUT=1\n');
    expect(await one.read()).toBe(`${files[FILE]}# at the last moment\n`);
    expect(await one.containers()).toEqual(containers);
  });

  test('does not matter when it is a file that the service does not use', async () => {
    const one = await service(both);
    const pin = await one.pin();
    await one.write('notes.txt', 'a note');
    await one.target.rollBack(pin, context);
    expect(await one.read('notes.txt')).toBe('a note');
    expect(await one.containers()).toMatchObject([{ imageId: one.images['v0.1.0']?.imageId }]);
  });

  test('is no reason to stop when it is the rollback itself, done by hand', async () => {
    const one = await service(both);
    const pin = await one.pin();
    await one.deploy('v0.1.0');
    const before = await one.state();
    const mark = host().mark();
    expect(await one.target.rollBack(pin, context)).toMatchObject({ changed: false, version: '0.1.0' });
    expect(await one.state()).toEqual(before);
    expect(await one.events(mark)).toEqual([]);
  });

  test('stops it when the docker command leads to another engine by now', async () => {
    const one = await service(both);
    const pin = await one.pin();
    const before = await one.state();
    const elsewhere = { ...pin, workload: { ...pin.workload, uid: 'of another engine' } };
    const error = await errorOf(one.target.rollBack(elsewhere, context));
    expect(error.type).toBe('WorkloadChanged');
    expect(error.message).toContain('another engine');
    expect(await one.state()).toEqual(before);
  });

  test('is told apart at the end of the wait too', async () => {
    const one = await service(both);
    const started = await one.target.rollBack(await one.pin(), context);
    await one.deploy('v0.2.0');
    const before = await one.state();
    const error = await errorOf(one.wait(started));
    expect(error.type).toBe('WorkloadChanged');
    expect(error.message).toContain(`${one.repository}:v0.2.0 now and not 0.1.0`);
    expect(await one.state()).toEqual(before);
  });

  test('is not undone by a second attempt of a step that had done its part', async () => {
    const one = await service(both);
    const pin = await one.pin();
    await one.target.rollBack(pin, context);
    await one.deploy('v0.2.0');
    const before = await one.state();
    expect((await errorOf(one.target.rollBack(pin, context))).type).toBe('WorkloadChanged');
    expect(await one.state()).toEqual(before);
  });

  test('stops it when the container was removed', async () => {
    const one = await service(both);
    const pin = await one.pin();
    const [container] = await one.containers();
    await host().docker('rm', '--force', container?.id ?? '');
    const error = await errorOf(one.target.rollBack(pin, context));
    expect(error.type).toBe('WorkloadChanged');
    expect(error.message).toContain('somebody has removed it meanwhile');
    expect(await one.containers()).toEqual([]);
  });

  test('stops the plan when it comes after the versions were identified', async () => {
    const one = await service(both);
    const { plan } = await one.resolve();
    await one.deploy('v0.1.0');
    expect((await errorOf(one.target.resolve(plan, context))).type).toBe('WorkloadChanged');
  });
});
