import { expect, it } from 'vitest';
import { fingerprintOf, type VersionParts } from '../../../../src/targets/compose/load/fingerprint.ts';

const parts: VersionParts = {
  digest: 'sha256:a',
  imageId: 'sha256:b',
  definitionHash: 'definition',
  files: [
    { path: 'docker-compose.yml', kind: 'compose', sha256: '1' },
    { path: '.env', kind: 'interpolation', sha256: '2' },
    { path: 'app.env', kind: 'env-file', sha256: '3' },
    { path: 'data/config.toml', kind: 'bind', sha256: '4' },
  ],
};
const withFile = (path: string, sha256: string) => ({
  ...parts,
  files: parts.files.map((file) => (file.path === path ? { ...file, sha256 } : file)),
});

it.each<[string, VersionParts]>([
  ['the image', { ...parts, digest: 'sha256:c' }],
  ['the definition', { ...parts, definitionHash: 'other' }],
  ['an env file', withFile('app.env', 'x')],
  ['a mounted config file', withFile('data/config.toml', 'x')],
])('another version differs in %s', (_title, other) => {
  expect(fingerprintOf(other)).not.toBe(fingerprintOf(parts));
});

it.each<[string, VersionParts]>([
  ['the order in which files are named', { ...parts, files: parts.files.toReversed() }],
  ['what others have in the compose file', withFile('docker-compose.yml', 'x')],
  ['what others have in .env', withFile('.env', 'x')],
  ['the ID on another engine, while the digest is the same', { ...parts, imageId: 'sha256:z' }],
])('the same version whatever %s', (_title, other) => {
  expect(fingerprintOf(other)).toBe(fingerprintOf(parts));
});

it('an image without digest is told by its ID', () => {
  const { digest: _none, ...unpushed } = parts;
  expect(fingerprintOf(unpushed)).not.toBe(fingerprintOf({ ...unpushed, imageId: 'sha256:z' }));
});
