import { expect, it } from 'vitest';
import {
  containerPath,
  containersPath,
  imagePath,
  imagesPath,
} from '../../../../../src/targets/compose/engine/api/api-path.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

it.each([
  ['redis', '/images/redis/json'],
  ['redis:7', '/images/redis%3A7/json'],
  ['ghcr.io/ada/app:v1', '/images/ghcr.io/ada/app%3Av1/json'],
  ['127.0.0.1:5000/a/b:v0.1.0', '/images/127.0.0.1%3A5000/a/b%3Av0.1.0/json'],
  [`reg:5000/a@${DIGEST}`, `/images/reg%3A5000/a%40sha256%3A${'a'.repeat(64)}/json`],
  [DIGEST, `/images/sha256%3A${'a'.repeat(64)}/json`],
  ['a b?c#d%e', '/images/a%20b%3Fc%23d%25e/json'],
])('the image %s is asked for at %s', (reference, path) => {
  expect(imagePath(reference)).toBe(path);
});

it('the containers of a service are those that run and those that do not, without the ones of compose run', () => {
  const { pathname, searchParams } = new URL(
    containersPath({ project: 'a&b', service: 'c=d' }),
    'http://docker',
  );
  expect(pathname).toBe('/containers/json');
  expect(searchParams.get('all')).toBe('1');
  expect(JSON.parse(searchParams.get('filters') ?? '')).toEqual({
    label: [
      'com.docker.compose.project=a&b',
      'com.docker.compose.service=c=d',
      'com.docker.compose.oneoff=False',
    ],
  });
});

it('the images of a repository are found by its name', () => {
  const { pathname, searchParams } = new URL(imagesPath('reg:5000/a'), 'http://docker');
  expect(pathname).toBe('/images/json');
  expect(JSON.parse(searchParams.get('filters') ?? '')).toEqual({ reference: ['reg:5000/a'] });
});

it('a container is asked for by its ID', () => {
  expect(containerPath('abc/..')).toBe('/containers/abc%2F../json');
});
