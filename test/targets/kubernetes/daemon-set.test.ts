import { describe, expect, it } from 'vitest';
import { imageOf } from '../../../sandbox/manifests.ts';
import { context, openWorld } from './world.ts';

const { service } = openWorld({ instantReady: true });

describe('a DaemonSet', () => {
  it('goes back to the version before on every node', async () => {
    const one = await service(['v0.1.0', 'v0.2.0'], { kind: 'DaemonSet', nodes: 3 });
    const observed = await one.target.observe(context);
    expect(observed).toMatchObject({
      kind: 'DaemonSet',
      current: { version: '0.2.0', revision: 2 },
      history: [{ version: '0.1.0', revision: 1, source: { kind: 'controller-revision' } }],
    });

    const messages = await one.rollBack();
    expect(messages.at(-1)).toBe('3 of 3 nodes available');
    expect((await one.live()).spec.template.spec.containers[0].image).toBe(imageOf('v0.1.0'));
    expect(await one.target.lastChangedBy(context)).toMatchObject({ ours: true });
  });
});
