import { describe, expect, it } from 'vitest';
import { parseImage, versionOfImage } from '../../../src/domain/versions/versions.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

describe('image references', () => {
  it.each([
    ['phoenix-orch', { repository: 'phoenix-orch' }, 'latest'],
    ['phoenix-orch:v0.1.0', { repository: 'phoenix-orch', tag: 'v0.1.0' }, '0.1.0'],
    ['registry:5000/phoenix-orch', { repository: 'registry:5000/phoenix-orch' }, 'latest'],
    ['registry:5000/a/b:0.1.0', { repository: 'registry:5000/a/b', tag: '0.1.0' }, '0.1.0'],
    [`a/b@${DIGEST}`, { repository: 'a/b', digest: DIGEST }, 'sha256:aaaaaaaaaaaa'],
    [`a/b:v1@${DIGEST}`, { repository: 'a/b', tag: 'v1', digest: DIGEST }, '1'],
    ['a/b:vnext', { repository: 'a/b', tag: 'vnext' }, 'vnext'],
  ])('%s', (image, parts, version) => {
    expect(parseImage(image)).toEqual(parts);
    expect(versionOfImage(image)).toBe(version);
  });
});
