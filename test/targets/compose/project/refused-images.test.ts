import { describe, expect, it } from 'vitest';
import { changeImage } from '../../../../src/targets/compose/project/index.ts';
import { readWeb, refusalOf } from './read-project.ts';

const OVERRIDE = 'docker-compose.override.yml';
const BOTH = { files: ['docker-compose.yml', OVERRIDE] };

/** Image of the service `web`, and what stands in `.env`. */
function web(image: string, env?: string): Record<string, string> {
  return {
    'docker-compose.yml': `services:\n  web:\n    image: ${image}\n`,
    ...(env !== undefined && { '.env': env }),
  };
}

describe('an image', () => {
  it.each([
    [
      'missing beside a build',
      'services:\n  web:\n    build: .\n',
      /web is built and has no image; give it an image line/,
    ],
    ['missing', 'services:\n  web: {command: run}\n', /web has no image; give it an image line/],
    ['left empty', 'services:\n  web:\n    image:\n', /web has no image/],
    ['the empty string', web("''"), /line 3: the image is empty/],
    ['a number', web('12'), /line 3: the image is not text; quote it/],
    ['a list', web('[a]'), /line 3: the image is not text/],
    ['no image reference', web('"not an image"'), /line 3: the image is no valid image reference/],
    ['written with escapes', web('"a\\u003a1"'), /line 3: the image is written with escapes/],
    ['tagged !override', web('!override a:1'), /line 3: the image has the tag !override/],
    ['tagged with something unknown', web('!mine a:1'), /line 3: the image has the tag !mine/],
    [
      'short of a variable',
      web(`a:\${TAG}`),
      /line 3: the image is not complete: TAG is not set; set it in .env/,
    ],
    ['a variable that is not set', web(`\${IMAGE}`, 'OTHER=1\n'), /IMAGE is not set/],
    [
      'short of a required variable',
      web(`a:\${TAG:?say it}`),
      /line 3: the variable TAG is required and not set/,
    ],
    ['a variable without end', web(`'a:\${TAG'`), /line 3: a variable has no closing brace/],
    [
      'a variable with a wrong name',
      web(`'a:\${1}'`),
      /line 3: a variable in braces has no name, or a wrong one/,
    ],
  ])('that is %s is refused', async (_name, files, message) => {
    const error = await refusalOf(readWeb(files));
    expect(error.type).toBe('ComposeFileUnsupported');
    expect(error.message).toMatch(message);
  });

  it('that a later file resets is refused there', async () => {
    const files = { ...web('a:1'), [OVERRIDE]: 'services:\n  web:\n    build: .\n    image: !reset null\n' };
    expect((await refusalOf(readWeb(files, BOTH))).message).toBe(
      `${OVERRIDE} line 4: the image has the tag !reset; write it without`,
    );
  });

  it.each([
    ['directly', `a:\${TAG:-v1}`, 'TAG=v1\n'],
    ['by way of .env', `\${IMAGE}`, `IMAGE=a:\${TAG}\n`],
  ])('whose tag comes %s from the environment is refused', async (_way, image, env) => {
    const error = await refusalOf(readWeb(web(image, env), { environment: { TAG: 'v2' } }));
    expect(error.message).toMatch(
      /takes TAG from the environment of the worker.*unset it there and set it in .env/,
    );
  });

  it('of another service may be whatever it is', async () => {
    const { 'docker-compose.yml': text } = web('a:1');
    const service = await readWeb(`${text}  other:\n    build: .\n  third:\n    image: !reset null\n`);
    expect(service.image).toBe('a:1');
  });

  it.each([
    ['an env file of the profile', { envFiles: ['gone.env'] }, undefined, /there is no env file gone.env/],
    ['a quote', {}, 'PASSWORD="s3cret\n', /^.env line 1: a quoted value has no closing quote/],
    ['a name', {}, 'A=1\ns3cret value=1\n', /^.env line 2: no NAME=value; mend the line/],
  ])('is not searched for when %s is missing', async (_name, options, env, message) => {
    const error = await refusalOf(readWeb(web('a:1', env), options));
    expect(error.type).toBe('ComposeFileUnsupported');
    expect(error.message).toMatch(message);
    expect(error.message).not.toContain('s3cret');
  });
});

describe('a wanted image', () => {
  it.each([
    ['another repository', `repo:\${TAG}`, 'other:v2', /TAG can only make images like repo:…, not other:v2/],
    ['a digest without tag', `repo:\${TAG:-v1}`, `repo@sha256:${'a'.repeat(64)}`, /TAG can only make/],
    ['what the suffix forbids', `repo:\${TAG}-alpine`, 'repo:v2', /like repo:…-alpine, not repo:v2/],
    ['nothing of the variable', `repo:v1\${TAG}`, 'repo:v1', /TAG can only make images like repo:v1…/],
    [
      'other than the registry',
      `\${REGISTRY}/repo:v1`,
      'other/repo:v2',
      /this image line can only make images like r…/,
    ],
    ['a variable in two values', `repo-\${TAG}:\${TAG}`, 'repo-v1:v2', /TAG can only make/],
    ['no reference', 'repo:v1', 'repo:v2 # x', /is no valid image reference/],
    ['a line break', 'repo:v1', 'repo:v2\n', /is no valid image reference/],
    ['a variable', 'repo:v1', `repo:\${X}`, /is no valid image reference/],
    [
      'what YAML takes for a number',
      'repo',
      '12',
      /cannot be written here as it is; put the value in quotes/,
    ],
  ])('that is %s is refused', async (_name, image, wanted, message) => {
    const service = await readWeb(web(image, 'TAG=v1\nREGISTRY=r\n'));
    const error = await refusalOf(() => changeImage(service, wanted));
    expect(error.type).toBe('ComposeFileUnsupported');
    expect(error.message).toMatch(message);
  });
});
