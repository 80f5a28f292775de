import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { changeImage } from '../../../../src/targets/compose/project/index.ts';
import { readWeb } from './read-project.ts';

const DIGEST = `sha256:${'ab'.repeat(32)}`;

function web(image: string): string {
  return `services:\n  web:\n    image: ${image}\n`;
}

describe('changeImage', () => {
  it.each([
    ['a digest becomes a tag', `repo@${DIGEST}`, 'repo:v1', 'repo:v1'],
    ['a tag becomes a digest', 'repo:v1 # c', `repo@${DIGEST}`, `repo@${DIGEST} # c`],
    ['a tag gets a digest', "'repo:v1'", `repo:v1@${DIGEST}`, `'repo:v1@${DIGEST}'`],
    ['an image without tag gets one', 'host:5000/repo', 'host:5000/repo:v2', 'host:5000/repo:v2'],
    ['the repository changes', 'repo:v1', 'host:5000/a/b:v2', 'host:5000/a/b:v2'],
    ['the default is the whole image', `"\${IMAGE:-repo:v1}"`, 'b:v2', `"\${IMAGE:-b:v2}"`],
    [
      'a tag behind a variable',
      `\${PREFIX:-host:5000}/repo:v1`,
      'host:5000/repo:v2',
      `\${PREFIX:-host:5000}/repo:v2`,
    ],
    ['a suffix behind a default', `repo:\${V:-1.2}-alpine`, 'repo:1.10-alpine', `repo:\${V:-1.10}-alpine`],
    ['the same default in repository and tag', `r-x:\${V-1}`, 'r-x:2', `r-x:\${V-2}`],
    ['the other value', `repo:\${SET:+v1}`, 'repo:v2', `repo:\${SET:+v2}`],
    ['an explicit tag of YAML', '!!str repo:v1', 'repo:v2', '!!str repo:v2'],
  ])('changes what has to: %s', async (_name, image, wanted, expected) => {
    const service = await readWeb({ 'docker-compose.yml': web(image), '.env': 'SET=1\n' });
    expect(changeImage(service, wanted).after).toBe(web(expected));
  });

  it('changes a variable that stands in the image twice', async () => {
    const files = { 'docker-compose.yml': web(`repo-\${V}:\${V}`), '.env': 'V=1 \n' };
    const change = changeImage(await readWeb(files), 'repo-22:22');
    expect(change).toEqual({ path: '.env', before: 'V=1 \n', after: 'V=22 \n', line: 1 });
  });

  it.each([
    ['yaml-like', 'TAG: v1\n', 'TAG: v2\n'],
    ['blanks', '  TAG = v1  \n', '  TAG = v2  \n'],
    ['byte order mark', '\uFEFFTAG=v1\n', '\uFEFFTAG=v2\n'],
    ['between secrets', 'A="x\ny"\nTAG=v1\nB=\'TAG=v1\'\n', 'A="x\ny"\nTAG=v2\nB=\'TAG=v1\'\n'],
    ['a default in .env', `TAG=\${NONE:-v1}\n`, `TAG=\${NONE:-v2}\n`],
  ])('keeps the way an env file is written: %s', async (_name, before, after) => {
    const service = await readWeb({ 'docker-compose.yml': web(`repo:\${TAG}`), '.env': before });
    expect(changeImage(service, 'repo:v2')).toMatchObject({ path: '.env', after });
  });
});

describe('the site', () => {
  it.each([
    ['repo:v1', undefined, 'image: in docker-compose.yml line 3'],
    [`repo:\${TAG}`, '\nTAG=v1\n', 'TAG in .env line 2'],
    [`repo:\${TAG-v1}`, undefined, 'default of TAG in docker-compose.yml line 3'],
  ])('of %s is described for people', async (image, env, description) => {
    const service = await readWeb({ 'docker-compose.yml': web(image), ...(env && { '.env': env }) });
    expect(service.site.description).toBe(description);
  });

  it('names who else uses the same characters, for images and for other things', async () => {
    const service = await readWeb({
      'docker-compose.yml': `services:
  web:
    image: repo:\${TAG}
    environment: {VERSION: "\${TAG:-none}"}
  twin: {image: "other:\${TAG}"}
  labelled: {image: "other:v1", labels: ["version=\${TAG}"]}
  passed: {image: "other:v1", environment: [TAG]}
  built: {image: "other:v1", build: {context: ., args: {TAG: "\${TAG}"}}}
  alone: {image: "other:\${OTHER}"}
`,
      '.env': 'TAG=v1\nOTHER=v1\n',
    });
    expect(service.sharedWith).toEqual(['twin']);
    expect(service.site.alsoUsedBy).toEqual(['web', 'labelled', 'passed']);
  });

  it('is shared by services that extend the same one, unless they have an image of their own', async () => {
    const service = await readWeb({
      'docker-compose.yml': `services:
  web: {extends: {file: base.yml, service: base}}
  twin: {extends: {file: base.yml, service: base}}
  own: {extends: {file: base.yml, service: base}, image: "own:v1"}
`,
      'base.yml': 'services:\n  base: {image: "repo:v1"}\n',
    });
    expect(service.sharedWith).toEqual(['twin']);
    expect(service.site).toMatchObject({ path: 'base.yml', line: 2 });
  });

  it('is not shared by defaults of the same variable in other lines', async () => {
    const service = await readWeb(`${web(`repo:\${TAG:-v1}`)}  twin: {image: "repo:\${TAG:-v1}"}\n`);
    expect(service.sharedWith).toEqual([]);
  });

  it('shows no text of a file when it is logged', async () => {
    const files = { 'docker-compose.yml': web(`repo:\${TAG}`), '.env': 'PASSWORD=s3cret\nTAG=v1\n' };
    const { definition: _left, ...service } = await readWeb(files);
    expect(inspect(service, { depth: 9 })).not.toContain('s3cret');
    expect(JSON.stringify(service)).not.toContain('s3cret');
  });
});
