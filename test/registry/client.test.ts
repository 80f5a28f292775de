import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Published, publishImage, publishIndex } from './publish.ts';
import { isMissing, orSkipped, type RealRegistry, startRegistry } from './real-registry.ts';
import { client, signal } from './surroundings.ts';

const NOTHING = `sha256:${'0'.repeat(64)}`;

describe.skipIf(isMissing)(`a real registry${orSkipped}`, () => {
  let real: RealRegistry;
  let image: Published;
  const at = (repository: string) => ({ registry: real.registry, repository });
  const app = () => at('phoenix/orchestrator');

  beforeAll(async () => {
    real = await startRegistry();
    image = await publishImage(app(), '0.1.0');
  });
  afterAll(() => real?.close());

  it('tells the digest under a tag', async () => {
    const { digest, mediaType, size } = image;
    expect(await client().digestOf(app(), '0.1.0', signal)).toEqual({ digest, mediaType, size });
  });

  it('tells that a digest is there', async () => {
    expect(await client().digestOf(app(), image.digest, signal)).toMatchObject({ digest: image.digest });
  });

  it('tells the new digest when a tag was moved', async () => {
    const [first, second] = [
      await publishImage(app(), 'moving', { created: '2026-01-01T00:00:00Z' }),
      await publishImage(app(), 'moving', { created: '2026-02-01T00:00:00Z' }),
    ];
    expect(second.digest).not.toBe(first.digest);
    expect(await client().digestOf(app(), 'moving', signal)).toMatchObject({ digest: second.digest });
  });

  it.each([
    ['tag', 'phoenix/orchestrator', '9.9.9'],
    ['digest', 'phoenix/orchestrator', NOTHING],
    ['repository', 'phoenix/nobody', '0.1.0'],
  ])('tells that there is no such %s', async (_, repository, reference) => {
    expect(await client().digestOf(at(repository), reference, signal)).toBeUndefined();
  });

  it('tells what an image of one platform is for, by tag or digest', async () => {
    const { digest } = await publishImage(app(), 'arm', { architecture: 'arm64', variant: 'v8' });
    expect(await client().platformsOf(app(), 'arm', signal)).toEqual(['linux/arm64/v8']);
    expect(await client().platformsOf(app(), digest, signal)).toEqual(['linux/arm64/v8']);
    expect(await client().platformsOf(app(), image.digest, signal)).toEqual(['linux/amd64']);
    expect(await client().platformsOf(app(), NOTHING, signal)).toEqual([]);
  });

  it('lists the tags', async () => {
    const where = at('phoenix/tagged');
    const tags = ['0.1.0', '0.2.0', 'v3', 'latest'];
    for (const tag of tags) await publishImage(where, tag);
    const { tags: found, complete } = await client().tags(where, signal);
    expect([...found].sort()).toEqual([...tags].sort());
    expect(complete).toBe(true);
    expect(await client().tags(where, signal, { limit: 4 })).toMatchObject({ complete: true });
    const some = await client().tags(where, signal, { limit: 2 });
    expect(some).toMatchObject({ tags: expect.toSatisfy((list) => list.length === 2), complete: false });
  });

  it('has no tags of a repository that it does not know', async () => {
    expect(await client().tags(at('phoenix/nobody'), signal)).toEqual({ tags: [], complete: true });
  });

  it('has the digest of an image of several platforms', async () => {
    const where = at('phoenix/everywhere');
    const built = async (architecture: string, variant?: string) => ({
      ...(await publishImage(where, undefined, { architecture, ...(variant ? { variant } : {}) })),
      platform: { os: 'linux', architecture, ...(variant ? { variant } : {}) },
    });
    const attestation = { ...(await built('unknown')), platform: { os: 'unknown', architecture: 'unknown' } };
    const [arm6, arm7, arm64, amd64] = [
      await built('arm', 'v6'),
      await built('arm', 'v7'),
      await built('arm64', 'v8'),
      await built('amd64'),
    ];
    const index = await publishIndex(where, '1', [attestation, arm6, arm7, arm64, amd64]);
    expect(await client().digestOf(where, '1', signal)).toEqual(index);
    expect(await client().platformsOf(where, index.digest, signal)).toEqual([
      'linux/arm/v6',
      'linux/arm/v7',
      'linux/arm64/v8',
      'linux/amd64',
    ]);
  });
});
