import { describe, expect, it } from 'vitest';
import { definitionKeysChanged } from '../../../../../src/targets/compose/project/index.ts';
import { readWeb } from '../read-project.ts';

const OVERRIDE = 'docker-compose.override.yml';
const BOTH = { files: ['docker-compose.yml', OVERRIDE] };

function service(members: string): string {
  return `services:\n  web:\n    image: repo:v1\n${members.replace(/^/gm, '    ')}\n`;
}

function read(members: string, override: string): ReturnType<typeof readWeb> {
  return readWeb({ 'docker-compose.yml': service(members), [OVERRIDE]: override }, BOTH);
}

describe('the hash of a definition', () => {
  it.each([
    ['the order of keys', 'restart: always\nscale: 2', 'scale: 2\nrestart: always'],
    ['the image', 'image: repo:v1', 'image: repo:v2'],
    ['the build', 'build: .', 'build: {context: ./other}'],
    ['list or map of the environment', 'environment: [A=1, "B=x=y"]', 'environment: {A: 1, B: x=y}'],
    ['list or map of labels', 'labels: [a=1]', 'labels: {a: "1"}'],
    [
      'the form of depends_on',
      'depends_on: [db]',
      'depends_on: {db: {condition: service_started, required: true}}',
    ],
    ['the form of env_file', 'env_file: a.env', 'env_file: [{path: ./a.env}]'],
    ['comments and quotes', 'restart: always # yes', 'restart: "always"'],
  ])('is the same whatever %s', async (_name, one, other) => {
    const [a, b] = await Promise.all(
      [one, other].map((members) => readWeb(service(members).replace(/ {4}image: repo:v1\n(?= *image)/, ''))),
    );
    expect(a?.definitionHash).toBe(b?.definitionHash);
    expect(a?.definitionHash).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each([
    ['scale', 'scale: 1', 'scale: 2'],
    ['replicas', 'deploy: {replicas: 1}', 'deploy: {replicas: 2}'],
    ['the order of a command', 'command: [a, b]', 'command: [b, a]'],
    ['a variable in the environment', 'environment: [A=1]', 'environment: [A=2]'],
  ])('differs by %s', async (_name, one, other) => {
    const [a, b] = await Promise.all([readWeb(service(one)), readWeb(service(other))]);
    expect(a.definitionHash).not.toBe(b.definitionHash);
  });

  it.each([
    ['used in a label', `labels: {level: "\${LEVEL}"}`],
    ['passed through', 'environment: [LEVEL]'],
    ['used in a nested default', `labels: {level: "\${NONE:-\${LEVEL}}"}`],
  ])('differs by the value of a variable that is %s', async (_name, members) => {
    const [a, b] = await Promise.all(
      ['info', 'debug'].map((level) =>
        readWeb({ 'docker-compose.yml': service(members), '.env': `LEVEL=${level}\n` }),
      ),
    );
    expect(a?.definitionHash).not.toBe(b?.definitionHash);
    expect(a?.usedFiles).toContainEqual({ path: '.env', kind: 'interpolation' });
  });

  it('takes an unset variable for empty', async () => {
    const one = await readWeb(service(`labels: {level: "\${LEVEL}"}`));
    const other = await readWeb(service('labels: {level: ""}'));
    expect(one.definitionHash).toBe(other.definitionHash);
  });
});

describe('a definition', () => {
  it('merges files: mappings deeply, sequences one after the other, scalars replaced', async () => {
    const found = await read(
      'environment: [A=1, B=1]\nenv_file: a.env\nports: ["80"]\nrestart: always\ncommand: [old, one]',
      service('environment: {B: 2}\nenv_file: [b.env]\nports: ["81", "80"]\nrestart: "no"\ncommand: [new]'),
    );
    expect(found.definition).toEqual({
      environment: { A: '1', B: '2' },
      env_file: [
        { path: 'a.env', required: true },
        { path: 'b.env', required: true },
      ],
      ports: ['80', '81'],
      restart: 'no',
      command: ['new'],
    });
    expect(found.restart).toBe('no');
  });

  it('keeps what an empty value of a later file does not say', async () => {
    const found = await read('restart: always', 'services:\n  web:\n    image:\n    restart:\n');
    expect(found).toMatchObject({ image: 'repo:v1', restart: 'always' });
  });

  it('drops what is reset, and replaces what is overridden', async () => {
    const found = await read(
      'build: .\nrestart: always\nenvironment: {A: 1, B: 2}\nports: ["80"]\nlabels: {a: 1, b: 2}',
      'services:\n  web:\n    build: !reset null\n    restart: !reset\n    environment: !override {C: 3}\n' +
        '    ports: !reset []\n    labels: {a: !reset null}\n',
    );
    expect(found.definition).toEqual({ environment: { C: '3' }, labels: { b: '2' } });
    expect(found.hasBuild).toBe(false);
  });

  it('is the later one alone when the whole service is overridden', async () => {
    const found = await read('restart: always', 'services:\n  web: !override\n    image: other:v2\n');
    expect(found).toMatchObject({ image: 'other:v2', definition: {} });
  });

  it('sees relative paths of other folders from the project folder', async () => {
    const { definition } = await readWeb({
      'docker-compose.yml': 'services:\n  web: {extends: {file: common/base.yml, service: base}}\n',
      'common/base.yml':
        'services:\n  base: {image: "repo:v1", env_file: ../a.env, volumes: ["./x.conf:/x"]}\n',
    });
    expect(definition).toEqual({
      env_file: [{ path: 'a.env', required: true }],
      volumes: ['./common/x.conf:/x'],
    });
  });

  it.each([
    ['healthcheck: {disable: true}', true],
    ['healthcheck: {test: [NONE]}', true],
    ['healthcheck: {test: [CMD, "true"]}', false],
    ['restart: always', false],
  ])('with %s has its healthcheck disabled: %s', async (members, disabled) => {
    expect((await readWeb(service(members))).healthcheckDisabled).toBe(disabled);
  });

  it('tells build, restart and profiles', async () => {
    expect(await readWeb(service('build: .\nrestart: on-failure\nprofiles: [a, b]'))).toMatchObject({
      hasBuild: true,
      restart: 'on-failure',
      profiles: ['a', 'b'],
    });
  });
});

describe('definitionKeysChanged', () => {
  it.each([
    [{ a: 1 }, { a: 1 }, []],
    [{ a: { b: 1, c: 2 } }, { a: { c: 2, b: 1 } }, []],
    [
      { environment: { PASSWORD: 'x' } },
      { environment: { PASSWORD: 'y', B: '1' } },
      ['environment.B', 'environment.PASSWORD'],
    ],
    [{ ports: ['80', '81'] }, { ports: ['80'] }, ['ports.1']],
    [{ command: 'a' }, { command: ['a'] }, ['command']],
    [{ b: null, a: 1 }, { a: 2 }, ['a', 'b']],
  ])('of %j and %j are %j', (a, b, expected) => {
    expect(definitionKeysChanged(a, b)).toEqual(expected);
  });
});
