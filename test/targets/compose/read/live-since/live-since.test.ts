import { describe, expect, test } from 'vitest';
import type { LiveSince } from '../../../../../src/domain/need/signals.ts';
import { carryOut } from '../../restored.ts';
import { NAME, quietWith } from '../../texts.ts';
import { context, openWorld, problem, type Service, TO_FIRST, titled } from '../../world.ts';

/** The kernel gives files the time of its last tick. */
const COARSE_MS = 20;

/** Does something; engine and files note the time of this machine. */
async function during(deed: () => Promise<unknown>): Promise<{ readonly from: number; readonly to: number }> {
  const from = Date.now();
  await deed();
  return { from, to: Date.now() };
}

function expectIn(
  found: LiveSince | undefined,
  { from, to }: { readonly from: number; readonly to: number },
  says: Partial<LiveSince>,
): void {
  expect(found).toMatchObject(says);
  const at = Date.parse(found?.at ?? '');
  expect({ at, from, to, isIn: at >= from - COARSE_MS && at <= to }).toEqual({ at, from, to, isIn: true });
}

describe.skipIf(problem)(titled('since when a version of a Compose service is live'), () => {
  const { host, service } = openWorld();
  const since = (one: Service) => one.another().liveSince(context);
  const both = ['v0.1.0', 'v0.2.0'];
  const mounted = {
    text: quietWith('    volumes: ["./app.toml:/app.toml"]\n'),
    files: { 'app.toml': 'timeout = 30\n' },
  };

  test('is when its container was made for it; no restart and no scaling moves that, and our own change does', async () => {
    const one = await service(both, mounted);
    const deployed = await during(() => one.deploy('v0.1.0'));
    expectIn(await since(one), deployed, { from: 'container', exact: true });
    const [container] = await one.containers();
    await host().docker('restart', '--time', '0', container?.id ?? '');
    await one.up('--scale', `${NAME}=2`, '--no-recreate');
    expectIn(await since(one), deployed, { from: 'container', exact: true });
    await one.deploy('v0.2.0');
    const back = await during(() => carryOut(one, TO_FIRST));
    expectIn(await since(one), back, { from: 'mark', exact: true });
    const [ours] = await one.containers();
    await host().docker('restart', '--time', '0', ours?.id ?? '');
    expectIn(await since(one), back, { from: 'mark', exact: true });

    const written = await during(() => one.write('app.toml', 'timeout = 1\n'));
    expectIn(await since(one), written, { from: 'write', exact: false });
  });

  test('is when its container was made anew, or before, where nothing else has changed', async () => {
    const one = await service(['v0.1.0']);
    await one.prove();
    const anew = await during(() => one.up('--force-recreate'));
    expectIn(await since(one), anew, { from: 'container', exact: false });
    const names = (await one.containers()).map(({ id }) => id);
    await host().docker('rm', '--force', ...names);
    expect(await since(one)).toBeUndefined();
  });
});
