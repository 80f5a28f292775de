import { describe, expect, it } from 'vitest';
import type { ComposeSource, Pin } from '../../src/domain/versions/pins.ts';
import { askRegistry } from '../../src/preconditions/image/ask-registry.ts';
import { imageOf, wantedImages } from '../../src/preconditions/image/images-of.ts';
import { isFor } from '../../src/preconditions/image/logins.ts';
import { imageFinding } from '../../src/preconditions/image/words.ts';
import { planOf, signal } from './surroundings.ts';

const A = `sha256:${'a'.repeat(64)}`;
const B = `sha256:${'b'.repeat(64)}`;

const compose = (source: Partial<ComposeSource>): Pin => ({
  target: 'compose',
  workload: { namespace: 'phoenix', name: 'orchestrator', uid: 'uid' },
  source: { kind: 'compose', known: 'container', image: 'r.example/app:1', ...source },
  fingerprint: '',
  version: '1',
  image: 'r.example/app:1',
  changes: [],
  unchanged: [],
});

describe('the image that a plan names', () => {
  it.each<[string, Parameters<typeof planOf>, ReturnType<typeof imageOf>]>([
    ['by the digest of its version', ['r.example/app:1', A], { image: 'r.example/app:1', digest: A }],
    ['by the digest of its reference', [`r.example/app:1@${B}`], { image: 'r.example/app:1', digest: B }],
    ['by its tag', ['r.example:5000/app:1'], { image: 'r.example:5000/app:1' }],
    ['is none', [''], undefined],
    [
      'of Compose, which the engine has',
      ['r.example/app:1', undefined, { pin: compose({ digest: A, imageId: 'sha256:1' }) }],
      { image: 'r.example/app:1', digest: A, isHere: true },
    ],
    [
      'of Compose, which the engine has not',
      ['r.example/app:1', undefined, { pin: compose({ digest: A }) }],
      { image: 'r.example/app:1', digest: A },
    ],
  ])('%s', (_, [image, digest, change], expected) => {
    expect(imageOf(planOf(image, digest, change))).toEqual(expected);
  });

  it('comes first among all, and is known as exactly as its pin knows it', () => {
    const all = wantedImages(planOf('r.example/app:1', A), [
      { container: 'side', image: `r.example/side:1@${B}`, pull: 'always' },
      { container: 'app', image: 'r.example/app:1', pull: 'if-missing' },
    ]);
    expect(all).toEqual({
      images: [
        { image: 'r.example/app:1', digest: A, pull: 'if-missing' },
        { image: 'r.example/side:1', digest: B, pull: 'always' },
      ],
      leftOut: 0,
    });
  });

  it.each<[string, string | undefined, readonly string[], readonly (string | undefined)[]]>([
    ['by digest alone, of one repository', A, [`r.example/app@${A}`, `r.example/app@${B}`], [A, B]],
    ['the same twice', A, [`r.example/app@${A}`, `r.example/app@${A}`, 'r.example/app'], [A]],
    ['of a version without a digest', undefined, [`r.example/app@${A}`, `r.example/app@${B}`], [A, B]],
  ])('is one of two where their digests differ: %s', (_, digest, planned, expected) => {
    const { images } = wantedImages(
      planOf('r.example/app', digest),
      planned.map((image) => ({ container: 'c', image, pull: 'always' })),
    );
    expect(images.map((one) => one.digest)).toEqual(expected);
  });

  it('is asked of no registry where it was never pushed', async () => {
    const wanted = { image: 'phoenix/app:dev', isHere: true };
    const nobody = () => Promise.reject(new Error('nobody is asked'));
    const options = { settings: { credentials: [], timeout: 1000 }, withPlatforms: true };
    const answer = await askRegistry(
      wanted,
      { env: {}, resolve: nobody, pullLogins: nobody },
      options,
      signal,
    );
    expect(imageFinding(wanted, answer)).toEqual({
      id: 'image',
      state: 'met',
      says: 'phoenix/app:dev is on the engine',
    });
  });
});

describe('an image that the engine has', () => {
  const wanted = { image: 'r.example/app:1', digest: A, isHere: true };
  it.each<[string, Parameters<typeof imageFinding>[1], RegExp]>([
    ['gone', { kind: 'gone' }, /is on the engine, and in its registry no more: it starts without a pull$/],
    [
      'refused',
      { kind: 'refused', problem: 'its registry: 403', tried: [] },
      /is on the engine; its registry: 403$/,
    ],
    [
      'away',
      { kind: 'unanswered', problem: 'its registry: connection refused' },
      /is on the engine; its registry: connection refused$/,
    ],
    ['there', { kind: 'there', digest: A, platforms: [] }, /is there, by digest$/],
  ])('can be had whatever its registry says: %s', (_, answer, says) => {
    expect(imageFinding(wanted, answer)).toEqual({
      id: 'image',
      state: 'met',
      says: expect.stringMatching(says),
    });
  });
});

describe('an image that is gone from its registry', () => {
  it.each<[Parameters<typeof imageFinding>[0]['pull'], string]>([
    ['always', 'not-met'],
    [undefined, 'not-met'],
    ['if-missing', 'unknown'],
  ])('and is pulled %s: %s', (pull, state) => {
    const wanted = { image: 'r.example/app:1', digest: A, ...(pull ? { pull } : {}) };
    expect(imageFinding(wanted, { kind: 'gone' }).state).toBe(state);
  });
});

describe('a login', () => {
  const hub = { registry: 'registry-1.docker.io', repository: 'library/redis' };
  const own = { registry: 'r.example:5000', repository: 'team/app' };
  it.each<[string, typeof own, boolean]>([
    ['r.example:5000', own, true],
    ['https://r.example:5000', own, true],
    ['https://r.example:5000/v1/', own, true],
    ['http://r.example:5000/v2/', own, true],
    ['r.example:5000/team', own, true],
    ['r.example:5000/team/app', own, true],
    ['*.example:5000', own, true],
    ['r*.exam*e:5000', own, true],
    ['r.example', own, false],
    ['r.example:5001', own, false],
    ['example:5000', own, false],
    ['evil.r.example:5000', own, false],
    ['r.example:5000.evil', own, false],
    ['r.example:5000/tea', own, false],
    ['r.example:5000/other', own, false],
    ['*', own, false],
    ['*.*', own, true],
    ['r.example*:5000*5000', own, false],
    ['', own, false],
    ['https://index.docker.io/v1/', hub, true],
    ['docker.io', hub, true],
    ['index.docker.io', hub, true],
    ['registry-1.docker.io', hub, true],
    ['docker.io/library', hub, true],
    ['evil.docker.io', hub, false],
    ['docker.io', own, false],
  ])('of %s is for %o: %s', (server, repository, expected) => {
    expect(isFor(server, repository)).toBe(expected);
  });
});
