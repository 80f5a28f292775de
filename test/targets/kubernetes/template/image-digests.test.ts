import { describe, expect, it } from 'vitest';
import {
  areContradictory,
  byDigest,
  digestsBehind,
  digestsIn,
  imagesThatDiffer,
  unevenImages,
  withDigests,
  withoutDigests,
} from '../../../../src/targets/kubernetes/template/image-digests.ts';

const A = `sha256:${'a'.repeat(64)}`;
const B = `sha256:${'b'.repeat(64)}`;

/** A template with these images: the first is of the init container, the others of `app` and `sidecar`. */
function template(init: string, app: string, sidecar = 'registry.example/proxy:1') {
  return {
    metadata: { labels: { app: 'x' } },
    spec: {
      initContainers: [{ name: 'init', image: init }],
      containers: [
        { name: 'app', image: app, env: [{ name: 'A', value: '1' }] },
        { name: 'sidecar', image: sidecar },
      ],
    },
  };
}
const images = ({ spec }: ReturnType<typeof template>) =>
  [...spec.initContainers, ...spec.containers].map(({ image }) => image);

describe('digestsBehind', () => {
  it.each<[string, string, string, string | undefined]>([
    ['what containerd reports', 'registry.example/orch:1', `registry.example/orch@${A}`, A],
    [
      'what dockershim reported',
      'registry.example/orch:1',
      `docker-pullable://registry.example/orch@${A}`,
      A,
    ],
    ['a registry with a port', 'registry.example:5000/orch:1', `registry.example:5000/orch@${A}`, A],
    ['a short name of Docker Hub', 'redis:7', `docker.io/library/redis@${A}`, A],
    ['an old name of Docker Hub', 'docker.io/me/app:7', `index.docker.io/me/app@${A}`, A],
    ['a reference without a tag', 'registry.example/orch', `registry.example/orch@${A}`, A],
    [
      'an image that was loaded into the node',
      'registry.example/orch:1',
      `docker.io/library/import-2026-11-30@${A}`,
      undefined,
    ],
    ['the hash of a config', 'registry.example/orch:1', A, undefined],
    [
      'the hash of a config, as dockershim reported it',
      'registry.example/orch:1',
      `docker://${A}`,
      undefined,
    ],
    ['a mirror', 'registry.example/orch:1', `mirror.example/orch@${A}`, undefined],
    ['a digest that is cut short', 'registry.example/orch:1', 'registry.example/orch@sha256:aa', undefined],
    ['nothing yet', 'registry.example/orch:1', '', undefined],
  ])('of %s', (_what, image, imageId, digest) => {
    expect(digestsBehind(template('init:1', image), { app: imageId }).app).toBe(digest);
  });

  it('knows init containers, and leaves out what the template does not have', () => {
    const found = digestsBehind(template('registry.example/init:1', 'registry.example/orch:1'), {
      init: `registry.example/init@${A}`,
      app: `registry.example/orch@${B}`,
      'istio-proxy': `registry.example/istio@${A}`,
    });
    expect(found).toEqual({ init: A, app: B });
  });
});

describe('a template with digests', () => {
  const plain = template('init:1', 'registry.example/orch:1');

  it('has them beside the tags, in init containers too, and nothing else is touched', () => {
    const written = withDigests(plain, { init: A, app: B });
    expect(images(written as typeof plain)).toEqual([
      `init:1@${A}`,
      `registry.example/orch:1@${B}`,
      'registry.example/proxy:1',
    ]);
    expect(withoutDigests(written)).toEqual(plain);
  });

  it('keeps a digest that it has', () => {
    const own = template('init:1', `registry.example/orch:1@${A}`);
    expect(withDigests(own, { app: B })).toEqual(own);
    expect(digestsIn(own)).toEqual({ app: A });
  });

  it('keeps a reference that is a digest alone', () => {
    const own = template('init:1', `registry.example/orch@${A}`);
    expect(withoutDigests(own)).toEqual(own);
  });

  it('is one version by whatever tag', () => {
    const written = withDigests(plain, { app: A });
    const renamed = template('init:1', `registry.example/orch:other@${A}`);
    expect(byDigest(written)).toEqual(byDigest(renamed));
    expect(byDigest(plain, { app: A })).toEqual(byDigest(written));
    expect(byDigest(plain)).toEqual(plain);
  });
});

describe('areContradictory', () => {
  it.each([
    ['the same', { app: A }, { app: A }, false],
    ['another one', { app: A }, { app: B }, true],
    ['of other containers', { app: A }, { sidecar: B }, false],
    ['one of two is another', { app: A, sidecar: A }, { app: A, sidecar: B }, true],
    ['nothing known', {}, { app: A }, false],
  ])('%s', (_what, a, b, expected) => {
    expect(areContradictory(a, b)).toBe(expected);
    expect(areContradictory(b, a)).toBe(expected);
  });
});

describe('imagesThatDiffer', () => {
  const runs = (...digests: readonly string[]) =>
    digests.map((digest) => ({ app: `mirror.example/orch@${digest}` }));

  it.each([
    ['what was proved, from a mirror', runs(A, A), ''],
    [
      'another one',
      runs(B),
      `container app runs ${B.slice(0, 19)} and not ${A.slice(0, 19)}, which was proved`,
    ],
    [
      'another one in one pod',
      runs(A, B),
      `container app runs ${B.slice(0, 19)} and not ${A.slice(0, 19)}, which was proved`,
    ],
    ['nothing that is told', [{ app: '' }, {}], ''],
  ])('is of %s', (_what, pods, words) => {
    expect(imagesThatDiffer({ app: A }, pods)).toBe(words);
  });
});

describe('unevenImages', () => {
  it('names the container in which the pods do not run the same', () => {
    const pod = (app: string, sidecar = A) => ({ app: `orch@${app}`, sidecar: `proxy@${sidecar}` });
    expect(unevenImages([pod(A), pod(B)])).toEqual([
      `the pods run different images in container app, so that none is recorded as proved: ${A.slice(0, 19)} and ${B.slice(0, 19)}`,
    ]);
    expect(unevenImages([pod(A), pod(A), {}])).toEqual([]);
  });
});
