import { describe, expect, it } from 'vitest';
import { RunbookError } from '../../../../src/domain/errors.ts';
import { type ReadText, readProject } from '../../../../src/targets/compose/project/index.ts';
import { readWeb, refusalOf } from './read-project.ts';

describe('a compose file that cannot be read', () => {
  it.each([
    ['no mapping', '- a\n', /^docker-compose.yml: not a compose file/],
    ['nothing but a null', 'null', /^docker-compose.yml: not a compose file/],
    ['services that are a list', 'services: [web]\n', /line 1: services must be a mapping/],
    ['a service that is no mapping', 'services:\n  web: 1\n', /line 2: the service web must be a mapping/],
    ['two documents', 'services: {}\n---\nservices: {}\n', /line 2 column 1: several YAML documents/],
    [
      'a key twice',
      'services:\n  web: {image: "a:1"}\n  web: {image: "a:2"}\n',
      /line 3 column 3: the same key/,
    ],
    ['a tab as indentation', 'services:\n\tweb: {}\n', /line 2 column 1: a tab is used as indentation/],
    ['an open quote', 'services:\n  web: {image: "a:1}\n', /line \d column \d+: no valid YAML/],
    ['an alias without an anchor', 'services:\n  web: *gone\n', /line 2: \*gone has no anchor/],
    ['a merge of text', 'services:\n  web:\n    <<: text\n', /line 3: << takes a mapping/],
    [
      'a merge in a circle',
      'services:\n  web: &web\n    <<: *web\n',
      /line 3: merges \(<<\) are nested too deeply, or in a circle/,
    ],
    [
      'an alias to itself',
      'services:\n  web:\n    image: a:1\n    x-a: &a [*a]\n',
      /line 4: nested too deeply, or an alias to itself/,
    ],
    ['brackets without end', `services: ${'['.repeat(50_000)}`, /nested too deeply/],
  ])('with %s is refused with the place', async (_name, text, message) => {
    const error = await refusalOf(readWeb(text));
    expect(error).toMatchObject({ name: 'RunbookError', type: 'ComposeFileUnsupported' });
    expect(error.message).toMatch(message);
  });

  it('does not repeat the text in the message', async () => {
    const error = await refusalOf(readWeb('services:\n  web:\n    environment: {PASSWORD: "s3cret" x}\n'));
    expect(error.type).toBe('ComposeFileUnsupported');
    expect(error.message).not.toContain('s3cret');
  });

  it('is refused when it is larger than 1 MiB', async () => {
    const error = await refusalOf(readWeb(`services: {}\n#${'x'.repeat(1024 * 1024)}`));
    expect(error.message).toBe('docker-compose.yml: larger than 1 MiB');
  });

  it('is refused when aliases of aliases make it grow without end', async () => {
    const levels = Array.from({ length: 12 }, (_, level) =>
      level === 0 ? 'x-0: &a0 [x]' : `x-${level}: &a${level} [${`*a${level - 1},`.repeat(9)}]`,
    );
    const error = await refusalOf(
      readWeb(`${levels.join('\n')}\nservices:\n  web: {image: "a:1", x-all: *a11}\n`),
    );
    expect(error.message).toMatch(/too many nodes and aliases/);
  });

  it.each([
    ['doubling in .env', 40, `\${V39}`],
    [
      'of great length in many places',
      18,
      `\${V17}", x-many: ["${Array.from({ length: 99 }, () => `\${V17}`).join('", "')}"], x-x: "`,
    ],
  ])('is refused when variables make it grow without end: %s', async (_name, levels, value) => {
    const lines = Array.from({ length: levels }, (_, level) =>
      level === 0 ? 'V0=xxxx' : `V${level}=$V${level - 1}$V${level - 1}`,
    );
    const files = {
      'docker-compose.yml': `services:\n  web: {image: "a:1", hostname: "${value}"}\n`,
      '.env': lines.join('\n'),
    };
    const error = await refusalOf(readWeb(files));
    expect(error.message).toMatch(
      /line \d+: (the variables in it make it too long|too many nodes and aliases)/,
    );
  });

  it('that the profile names and that does not exist says so', async () => {
    const error = await refusalOf(readWeb({}));
    expect(error).toMatchObject({ type: 'WorkloadMissing' });
    expect(error.message).toContain('docker-compose.yml');
  });

  it.each([
    ['an extended', 'services:\n  web:\n    extends: {file: gone.yml, service: web}\n', 3],
    ['an included', 'include:\n  - gone.yml\n', 2],
  ])('names the line of %s file that does not exist', async (_name, text, line) => {
    const error = await refusalOf(readWeb(text));
    expect(error.message).toBe(`docker-compose.yml line ${line}: there is no file gone.yml`);
  });

  it('passes on what the reader throws', async () => {
    const denied = new RunbookError('AccessDenied', 'outside of the project folder');
    const read: ReadText = async (path) => {
      if (path.startsWith('../')) throw denied;
      return 'include: [sub/../../outside.yml]\n';
    };
    const options = { files: ['docker-compose.yml'], environment: {}, service: 'web' };
    expect(await refusalOf(readProject(options, read))).toBe(denied);
  });
});

describe('a service', () => {
  it('that no file has is answered with those that there are, and the closest', async () => {
    const error = await refusalOf(
      readWeb('services:\n  api: {image: "a:1"}\n  worker: {image: "a:1"}\n', { service: 'wroker' }),
    );
    expect(error.type).toBe('WorkloadMissing');
    expect(error.message).toBe(
      'no compose file has the service wroker, did you mean worker? there are: api, worker',
    );
  });

  it('that a later file takes away is missing', async () => {
    const files = {
      'a.yml': 'services:\n  web: {image: "a:1"}\n',
      'b.yml': 'services:\n  web: !reset null\n',
    };
    expect((await refusalOf(readWeb(files, { files: ['a.yml', 'b.yml'] }))).type).toBe('WorkloadMissing');
  });

  it.each([
    [
      'extends in a circle',
      'web:\n    extends: b\n  b:\n    extends: web\n',
      /extends in a circle: web in docker-compose.yml extends b in/,
    ],
    [
      'extends a service that is not there',
      'web:\n    extends: b\n',
      /line 3: web extends b, and docker-compose.yml has no such/,
    ],
    ['extends nothing', 'web:\n    extends: {file: a.yml}\n', /line 3: extends names no service/],
  ])('that %s is refused', async (_name, text, message) => {
    expect((await refusalOf(readWeb(`services:\n  ${text}`))).message).toMatch(message);
  });

  it.each([
    [
      'in a circle',
      { 'docker-compose.yml': 'include: [a.yml]\n', 'a.yml': 'include: [docker-compose.yml]\n' },
      /include in a circle/,
    ],
    [
      'from elsewhere',
      { 'docker-compose.yml': 'include:\n  - oci://registry/app\n' },
      /line 2: only files of this host/,
    ],
    [
      'with an env file that is gone',
      { 'docker-compose.yml': 'include: [{path: a.yml, env_file: x.env}]\n', 'a.yml': '{}' },
      /line 1: there is no env file x.env/,
    ],
  ])('whose project includes %s is refused', async (_name, files, message) => {
    expect((await refusalOf(readWeb(files))).message).toMatch(message);
  });
});
