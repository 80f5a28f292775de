import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Plan } from '../../src/domain/versions/plan.ts';
import { shortDigest } from '../../src/domain/versions/versions.ts';
import type { PullLogins } from '../../src/targets/target.ts';
import { type Published, publishImage, publishIndex } from '../registry/publish.ts';
import { isMissing, orSkipped, type RealRegistry, startRegistry } from '../registry/real-registry.ts';
import { played } from '../registry/surroundings.ts';
import { tokenProxy } from '../registry/token-proxy.ts';
import { foundBy, planOf, said, settingsOf } from './surroundings.ts';

const NOTHING = `sha256:${'0'.repeat(64)}`;
const PASSWORD = 'correct-horse-7';
const pulled = (...logins: PullLogins['logins']): PullLogins => ({ logins, unread: [] });

describe.skipIf(isMissing)(`the image of a plan, in a real registry${orSkipped}`, () => {
  let real: RealRegistry;
  let image: Published;
  const repository = 'phoenix/orchestrator';
  const at = (registry: string, tag = '0.1.0') => `${registry}/${repository}:${tag}`;

  beforeAll(async () => {
    real = await startRegistry();
    image = await publishImage({ registry: real.registry, repository }, '0.1.0');
  });
  afterAll(() => real?.close());

  it('is there by the digest that was proved', async () => {
    const name = `${at(real.registry)} (${shortDigest(image.digest)})`;
    expect(await said('image', {}, planOf(at(real.registry), image.digest))).toBe(
      `met: ${name} is there, by digest`,
    );
  });

  it('is there by its tag alone, and says that a tag is all that is known', async () => {
    expect(await said('image', {}, planOf(at(real.registry)))).toBe(
      `met: ${at(real.registry)} is there, by its tag (${shortDigest(image.digest)} by now)`,
    );
  });

  it('is there when it is an index of several platforms', async () => {
    const where = { registry: real.registry, repository };
    const built = async (architecture: string) => ({
      ...(await publishImage(where, undefined, { architecture })),
      platform: { os: 'linux', architecture },
    });
    const index = await publishIndex(where, 'every', [await built('amd64'), await built('arm64')]);
    expect(await said('image', {}, planOf(at(real.registry, 'every'), index.digest))).toMatch(
      /^met: .*digest$/,
    );
  });

  it.each<[string, string, string | undefined, RegExp]>([
    [
      'a digest that was deleted, whose tag has another',
      '0.1.0',
      NOTHING,
      /is not in its registry; its tag has another image by now \(sha256:/,
    ],
    [
      'a tag and a digest that are gone',
      '9.9.9',
      NOTHING,
      /9\.9\.9 \(sha256:000000000000\) is not in its registry$/,
    ],
    ['a tag that is gone', '9.9.9', undefined, /9\.9\.9 is not in its registry$/],
  ])('is not there: %s', async (_, tag, digest, says) => {
    const found = await foundBy({ image: settingsOf('image', {}) }, planOf(at(real.registry, tag), digest));
    expect(found).toMatchObject([{ state: 'not-met', says: expect.stringMatching(says) }]);
    expect(found[0]?.remedy).toBe('push it again, or choose another version');
  });

  it('is not there in a repository that nobody has pushed to', async () => {
    expect(await said('image', {}, planOf(`${real.registry}/phoenix/nobody:1`))).toMatch(/^not-met: /);
  });

  it.each<[string, Partial<Parameters<typeof foundBy>[2]>, unknown]>([
    [
      'the profile names for that registry',
      { resolve: async () => PASSWORD },
      { username: 'ada', password: { env: 'REGISTRY_PASSWORD' } },
    ],
    [
      'a Docker configuration of the profile has',
      {
        resolve: async () =>
          JSON.stringify({ auths: { REGISTRY: { username: 'ada', password: PASSWORD } } }).replace(
            'REGISTRY',
            registryOf.current,
          ),
      },
      { dockerConfig: { env: 'DOCKER_CONFIG_JSON' } },
    ],
    [
      'a pull secret of the workload has',
      {
        target: {
          kind: 'kubernetes',
          pullCredentials: async () =>
            pulled(
              { server: 'another.example', username: 'eve', password: 'wrong-password-1' },
              { server: registryOf.current, username: 'ada', password: PASSWORD },
            ),
        },
      },
      undefined,
    ],
    [
      'a later one has, where the first is refused',
      {
        target: {
          kind: 'kubernetes',
          pullCredentials: async () =>
            pulled(
              { server: registryOf.current, username: 'eve', password: 'wrong-password-1' },
              { server: registryOf.current, username: 'ada', password: PASSWORD },
            ),
        },
      },
      undefined,
    ],
  ])('is found with the login that %s', async (_, change, credential) => {
    const proxy = await tokenProxy(real.registry, { login: `ada:${PASSWORD}` });
    registryOf.current = proxy.registry;
    const written = !credential
      ? {}
      : {
          credentials: [
            JSON.stringify(credential).includes('username')
              ? { registry: proxy.registry, ...credential }
              : credential,
          ],
        };
    expect(await said('image', written, planOf(at(proxy.registry), image.digest), change)).toMatch(/^met: /);
  });

  it("is found with the login of the worker's own Docker configuration", async () => {
    const proxy = await tokenProxy(real.registry, { login: `ada:${PASSWORD}` });
    const folder = await mkdtemp(join(tmpdir(), 'docker-'));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const auth = Buffer.from(`ada:${PASSWORD}`).toString('base64');
    await writeFile(join(folder, 'config.json'), JSON.stringify({ auths: { [proxy.registry]: { auth } } }));
    const env = { DOCKER_CONFIG: folder };
    expect(await said('image', {}, planOf(at(proxy.registry), image.digest), { env })).toMatch(/^met: /);
  });

  it('is not known without a login that may read it: what was tried and what to grant is told, and no password', async () => {
    const proxy = await tokenProxy(real.registry, { login: 'ada:another' });
    const target = {
      kind: 'kubernetes' as const,
      pullCredentials: async () => pulled({ server: proxy.registry, username: 'ada', password: PASSWORD }),
    };
    const found = await foundBy({ image: settingsOf('image', {}) }, planOf(at(proxy.registry)), { target });
    expect(found).toMatchObject([
      {
        state: 'unknown',
        says: expect.stringContaining('401'),
        remedy: expect.stringMatching(/a pull secret of the workload, the worker's Docker configuration/),
      },
    ]);
    expect(JSON.stringify(found)).not.toMatch(/horse|Basic/);
  });

  it('sends no login to a registry that it is not for', async () => {
    const other = await played((_, response) =>
      response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end(),
    );
    const target = {
      kind: 'kubernetes' as const,
      pullCredentials: async () => pulled({ server: real.registry, username: 'ada', password: PASSWORD }),
    };
    const written = { credentials: [{ registry: real.registry, username: 'ada', password: { env: 'X' } }] };
    const change = { target, resolve: async () => PASSWORD };
    expect(await said('image', written, planOf(at(other.registry)), change)).toMatch(/^unknown: /);
    expect(other.seen.map(({ authorization }) => authorization)).toEqual(other.seen.map(() => undefined));
  });

  it('is asked for all the same where its pull secrets may not be read, and that is told when it is refused', async () => {
    const proxy = await tokenProxy(real.registry, { login: 'ada:another' });
    const target = {
      kind: 'kubernetes' as const,
      pullCredentials: () => Promise.reject(new TypeError('secret in the message')),
    };
    const says = await said('image', {}, planOf(at(proxy.registry)), { target });
    expect(says).toMatch(/^unknown: .*a login could not be read/);
    expect(says).not.toContain('secret in the message');
    expect(await said('image', {}, planOf(at(real.registry)), { target })).toMatch(/^met: /);
  });

  it('is looked at with every other image of the pods, each once and as it will be pulled', async () => {
    const side = { registry: real.registry, repository: 'phoenix/sidecar' };
    const { digest } = await publishImage(side, '1');
    const sidecar = `${real.registry}/phoenix/sidecar`;
    const target = {
      kind: 'kubernetes' as const,
      images: async () => [
        { container: 'init', image: `${sidecar}:1@${digest}`, pull: 'if-missing' as const },
        { container: 'app', image: at(real.registry), pull: 'if-missing' as const },
        { container: 'same', image: at(real.registry), pull: 'if-missing' as const },
        { container: 'gone', image: `${sidecar}:2`, pull: 'if-missing' as const },
        { container: 'strict', image: `${sidecar}:3`, pull: 'always' as const },
        { container: 'loaded', image: `${sidecar}:4`, pull: 'never' as const },
      ],
    };
    const says = await said('image', {}, planOf(at(real.registry), image.digest), { target });
    expect(says.split('\n')).toEqual([
      `met: ${at(real.registry)} (${shortDigest(image.digest)}) is there, by digest`,
      `met: ${sidecar}:1 (${shortDigest(digest)}) is there, by digest`,
      `unknown: ${sidecar}:2 is not in its registry; nodes that have it start it all the same (IfNotPresent)`,
      `not-met: ${sidecar}:3 is not in its registry`,
      `unknown: ${sidecar}:4 is never pulled (imagePullPolicy Never): whether the nodes have it shows when it starts`,
    ]);
  });

  it('is taken from the plan where the target cannot tell its images', async () => {
    const target = { kind: 'kubernetes' as const, images: () => Promise.reject(new Error('away')) };
    expect(await said('image', {}, planOf(at(real.registry)), { target })).toMatch(
      /^met: .*\nunknown: the other images of its pods are not known: could not be looked at \(Error\)$/,
    );
  });

  it('is told to be not known in part where the pods have more images than are asked for', async () => {
    const images = async () =>
      Array.from({ length: 12 }, (_, index) => ({
        container: `c${index}`,
        image: index === 0 ? at(real.registry) : `app-${index} is no reference`,
        pull: 'never' as const,
      }));
    const target = { kind: 'kubernetes' as const, images };
    expect((await said('image', {}, planOf(at(real.registry)), { target })).split('\n').at(-1)).toBe(
      'unknown: 2 more images of its pods were not asked for: they are too many',
    );
  });

  it.each<[string, { logins: readonly string[]; unread?: string; anonymous?: number }, string]>([
    ['the first may not see it, and the second has it', { logins: ['blind', 'reader'] }, 'met'],
    ['neither has it', { logins: ['blind', 'other'] }, 'not-met'],
    ['the first is not accepted', { logins: ['wrong', 'blind'] }, 'unknown'],
    ['one makes the registry stumble, and the next has it', { logins: ['broken', 'reader'] }, 'met'],
    ['one makes the registry stumble', { logins: ['broken', 'blind'] }, 'unknown'],
    [
      'a pull secret may not be read',
      { logins: ['blind'], unread: 'the worker may not get secrets/x' },
      'unknown',
    ],
    [
      'none is needed, but a pull secret may not be read',
      { logins: [], unread: 'no', anonymous: 404 },
      'unknown',
    ],
    ['none is needed', { logins: [], anonymous: 404 }, 'not-met'],
  ])(
    'is gone only where every login is told so: %s',
    async (_, { logins, unread, anonymous = 401 }, state) => {
      const STATUS: Readonly<Record<string, number>> = { blind: 404, other: 404, wrong: 403, broken: 502 };
      const { registry } = await played(({ authorization = '', path }, response) => {
        const [name = ''] = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString().split(':');
        const status = name === '' ? anonymous : (STATUS[name] ?? 200);
        response.writeHead(status, {
          'www-authenticate': 'Basic realm="x"',
          'docker-distribution-api-version': 'registry/2.0',
          'content-type': status === 200 ? 'application/vnd.oci.image.manifest.v1+json' : 'application/json',
          ...(status === 200 ? { 'docker-content-digest': path.split('/').at(-1) ?? '' } : {}),
        });
        response.end(JSON.stringify({ errors: [{ code: status === 404 ? 'MANIFEST_UNKNOWN' : 'DENIED' }] }));
      });
      const found: PullLogins = {
        logins: logins.map((username) => ({ server: registry, username, password: PASSWORD })),
        unread: unread === undefined ? [] : [{ says: unread, remedy: 'grant it' }],
      };
      const target = { kind: 'kubernetes' as const, pullCredentials: async () => found };
      const settings = { image: settingsOf('image', { timeout: '1s' }) };
      const [finding] = await foundBy(settings, planOf(at(registry), image.digest), { target });
      expect(finding).toMatchObject({ state, ...(unread === undefined ? {} : { remedy: 'grant it' }) });
      if (unread !== undefined) expect(finding?.says).toContain(unread);
    },
  );

  it('tells the target which platforms it is for, once for all that want to know', async () => {
    const where = { registry: real.registry, repository };
    const arm = await publishImage(where, 'arm', { architecture: 'arm64', variant: 'v8' });
    const asked: unknown[] = [];
    const target = {
      kind: 'kubernetes' as const,
      preconditions: async (_plan: Plan, _context: unknown, known: unknown) => {
        asked.push(known);
        return [
          { id: 'platform', state: 'not-met', says: 'no node is for linux/arm64' },
          { id: 'quota', state: 'met', says: 'has room' },
        ] as const;
      },
    };
    const settings = {
      image: settingsOf('image', {}),
      platform: settingsOf('platform', {}),
      quota: settingsOf('quota', {}),
    };
    const found = await foundBy(settings, planOf(at(real.registry, 'arm'), arm.digest), { target });
    expect(asked).toEqual([{ platforms: ['linux/arm64/v8'] }]);
    expect(found.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'image met',
      'platform not-met',
      'quota met',
    ]);
  });
});

const registryOf = { current: '' };
