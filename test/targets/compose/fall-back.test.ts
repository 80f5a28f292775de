import { describe, expect, test } from 'vitest';
import { carryOut, KNOWN_GOOD, snapshotOf } from './restored.ts';
import { quiet, quietWith } from './texts.ts';
import { context, errorOf, openWorld, problem, type Service, titled } from './world.ts';

const three = ['v0.1.0', 'v0.1.1', 'v0.2.0'];

describe.skipIf(problem)(titled('falling back on a Compose service'), () => {
  const { host, service } = openWorld();

  const live = async ({ target }: Service) => (await target.observe(context)).current;

  async function proved(...deployed: (readonly [string, Parameters<Service['deploy']>[1]?])[]) {
    const one = await service([]);
    const repository = one.repository.split('/')[1] ?? '';
    for (const tag of three) await host().images.publish(tag, { repository, behaviour: 'good' });
    for (const [tag, change] of deployed) {
      await one.deploy(tag, change);
      if (tag !== 'v0.2.0') await one.prove();
    }
    return one;
  }

  test('twice goes to the next older known-good version each time, and back to the snapshot from there', async () => {
    const one = await proved(['v0.1.0'], ['v0.1.1'], ['v0.2.0']);
    const before = await one.state();
    const snapshot = await snapshotOf(one);
    const tried = [(await live(one)).fingerprint];
    expect((await carryOut(one, KNOWN_GOOD)).plan.to.version).toBe('0.1.1');
    tried.push((await live(one)).fingerprint);
    const { plan, finished } = await carryOut(one, { kind: 'older-known-good', tried });
    expect(plan).toMatchObject({ basis: 'known-good', from: { version: '0.1.1' }, to: { version: '0.1.0' } });
    tried.push(finished.fingerprint);
    const left = await errorOf(one.target.checkAccess({ kind: 'older-known-good', tried }, context));
    expect(left).toMatchObject({ type: 'NoHistory' });
    expect(left.message).toContain('no older known-good version left to fall back to from 0.1.0');
    await carryOut(one, { kind: 'snapshot', snapshot });
    const { files, containers } = await one.state();
    expect(files).toMatchObject(before.files);
    expect(containers).toMatchObject([{ imageId: before.containers[0]?.imageId }]);
  });

  test('does not take the version again that could be brought back only in part', async () => {
    const other = '  other:\n    image: another:v1\n    profiles: [never]\n';
    const changed = (image: string, tag: string) =>
      quietWith('    labels: { tier: core }\n')(image, tag) + other;
    const one = await proved(
      ['v0.1.0', { text: quiet }],
      ['v0.1.1', { text: quiet }],
      ['v0.2.0', { text: changed }],
    );
    const tried = [(await live(one)).fingerprint];
    const { plan, finished } = await carryOut(one, KNOWN_GOOD);
    expect(plan.to.version).toBe('0.1.1');
    expect(plan.warnings.join()).toContain('it stays as it is');
    tried.push(finished.fingerprint);
    expect(await live(one)).toMatchObject({
      version: '0.1.1',
      standsFor: plan.pin.target === 'compose' && plan.pin.recorded,
    });
    const next = await carryOut(one, { kind: 'older-known-good', tried });
    expect(next.plan.to.version).toBe('0.1.0');
  });

  test('is not led forward by a version that a rollback was the first to run', async () => {
    const one = await service(['v0.2.0']);
    const repository = one.repository.split('/')[1] ?? '';
    const bad = (await live(one)).fingerprint;
    await snapshotOf(one);
    await host().images.publish('v0.1.0', { repository, behaviour: 'good' });
    await carryOut(one, { kind: 'version', version: '0.1.0' });
    await one.prove();
    // It is older than what it replaced, though it was seen later: deployed again, 0.2.0 has a version to go back to.
    await one.deploy('v0.2.0');
    expect((await live(one)).fingerprint).toBe(bad);
    const { plan } = await one.resolve(KNOWN_GOOD);
    expect(plan).toMatchObject({ to: { version: '0.1.0' }, basis: 'known-good' });
  });
});
