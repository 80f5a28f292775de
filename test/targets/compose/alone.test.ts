import { describe, expect, test } from 'vitest';
import { NAME, QUIET, quiet } from './texts.ts';
import { context, openWorld, problem, titled } from './world.ts';

describe.skipIf(problem)(titled('a rollback touches one service, once'), () => {
  const { host, service } = openWorld();
  const both = ['v0.1.0', 'v0.2.0'];

  /** Beside the service: one that depends on it, one that it depends on, one that has nothing to do with it. */
  const neighbours = (of: (image: string) => string) => (image: string, tag: string) =>
    `${quiet(image, tag)}    depends_on: [database]
  gateway:
    image: ${of(image)}
    depends_on: [${NAME}]
${QUIET}  database:
    image: ${of(image)}
${QUIET}  stranger:
    image: ${of(image)}
${QUIET}`;
  const text = neighbours((image) => image.replace(/:v[\d.]+$/, ':v0.2.0'));

  test('others stay as they are', async () => {
    const one = await service(['v0.2.0'], { text });
    await host().images.publish('v0.1.0', { repository: one.repository.split('/')[1] ?? '' });
    const others = () => Promise.all(['gateway', 'database', 'stranger'].map((of) => one.containers(of)));
    const before = await others();
    const mark = host().mark();
    await one.target.rollBack(await one.pin(), context);
    expect(await others()).toEqual(before);
    expect((await one.events(mark)).every((event) => event.endsWith(` ${NAME}`))).toBe(true);
  });

  test('dependants are restarted when the profile asks for it, and they alone, once', async () => {
    const one = await service(['v0.2.0'], { text, profile: { restartDependants: true } });
    await host().images.publish('v0.1.0', { repository: one.repository.split('/')[1] ?? '' });
    const others = () => Promise.all(['database', 'stranger'].map((of) => one.containers(of)));
    const before = { others: await others(), gateway: await one.containers('gateway') };
    const started = await one.target.rollBack(await one.pin(), context);
    // Not before the service is up: a start that fails would restart them twice.
    expect(await one.containers('gateway')).toEqual(before.gateway);
    await one.wait(started);
    expect(await others()).toEqual(before.others);
    const [gateway] = await one.containers('gateway');
    expect(gateway).toMatchObject({ id: before.gateway[0]?.id, status: 'running' });
    expect(gateway?.startedAt).not.toBe(before.gateway[0]?.startedAt);
    await one.wait(started);
    expect(await one.containers('gateway')).toEqual([gateway]);
  });

  test('exactly one container is made, and asking again changes nothing', async () => {
    const one = await service(both);
    const pin = await one.pin();
    const first = host().mark();
    const started = await one.target.rollBack(pin, context);
    const events = await one.events(first);
    expect(events.filter((event) => event === `create ${NAME}`)).toHaveLength(1);
    expect(events.filter((event) => event === `start ${NAME}`)).toHaveLength(1);
    const state = await one.state();
    const again = host().mark();
    expect(await one.target.rollBack(pin, context)).toEqual(started);
    expect(await one.another().rollBack(pin, context)).toEqual(started);
    expect(await one.state()).toEqual(state);
    expect(await one.events(again)).toEqual([]);
    expect(await one.wait(started)).toMatchObject({ replicas: 1, fingerprint: started.fingerprint });
  });

  test('the audit notes it once, with who did it and what stood there', async () => {
    const one = await service(both);
    const pin = await one.pin();
    await one.target.rollBack(pin, context);
    await one.target.rollBack(pin, context);
    const lines = (await one.read(`.runbook/${NAME}/audit.jsonl`)).trim().split('\n');
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      {
        event: 'rolled-back',
        by: context.key,
        from: { version: '0.2.0', imageId: one.images['v0.2.0']?.imageId },
        to: { version: '0.1.0', imageId: one.images['v0.1.0']?.imageId },
      },
    ]);
  });

  test('a service that was scaled by hand stays scaled', async () => {
    const one = await service(both);
    await one.up('--scale', `${NAME}=3`);
    const started = await one.target.rollBack(await one.pin(), context);
    const containers = await one.containers();
    expect(containers).toHaveLength(3);
    expect(containers.every(({ imageId }) => imageId === one.images['v0.1.0']?.imageId)).toBe(true);
    expect(await one.wait(started)).toMatchObject({ replicas: 3 });
    expect(await one.target.instances(context)).toHaveLength(3);
  });

  test('a service that was stopped is started', async () => {
    const one = await service(both);
    const [container] = await one.containers();
    await host().docker('stop', container?.id ?? '');
    const started = await one.target.rollBack(await one.pin(), context);
    expect(await one.wait(started)).toMatchObject({ replicas: 1, imageId: one.images['v0.1.0']?.imageId });
  });

  test('C9 a service that was paused is named, and started', async () => {
    const one = await service(both);
    await host().docker('pause', (await one.containers())[0]?.id ?? '');
    expect((await one.target.observe(context)).warnings).toEqual([
      expect.stringMatching(/^container \S+ is paused$/),
    ]);
    const started = await one.target.rollBack(await one.pin(), context);
    expect(await one.wait(started)).toMatchObject({ replicas: 1, imageId: one.images['v0.1.0']?.imageId });
  });

  test('the backup beside the file holds what stood there', async () => {
    const one = await service(both);
    const before = await one.read();
    const pin = await one.pin();
    await one.target.rollBack(pin, context);
    const hash = pin.changes[0]?.before.slice(0, 12);
    expect(await one.read(`docker-compose.yml.before-rollback-${hash}`)).toBe(before);
  });
});
