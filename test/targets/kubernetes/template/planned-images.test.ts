import { expect, it } from 'vitest';
import { plannedImages } from '../../../../src/targets/kubernetes/template/planned-images.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;

it('the images of a template are those of every container, init containers first, and pulled as the API server says', () => {
  const container = (name: string, image: string, imagePullPolicy?: string) => ({
    name,
    image,
    ...(imagePullPolicy ? { imagePullPolicy } : {}),
  });
  const spec = {
    initContainers: [container('init', 'registry.example/init:1', 'Never')],
    containers: [
      container('app', `registry.example/app:1@${DIGEST}`),
      container('said', 'registry.example/app:1', 'Always'),
      container('odd', 'registry.example/app:1', 'Sometimes'),
      container('latest', 'registry.example/app:latest'),
      container('untagged', 'registry.example:5000/app'),
      container('exact', `registry.example/app@${DIGEST}`),
      container('none', ''),
    ],
  };
  expect(plannedImages({ spec }).map(({ container: name, pull }) => `${name} ${pull}`)).toEqual([
    'init never',
    'app if-missing',
    'said always',
    'odd if-missing',
    'latest always',
    'untagged always',
    'exact if-missing',
  ]);
  expect(plannedImages({})).toEqual([]);
});
