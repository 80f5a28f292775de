import { expect, it } from 'vitest';
import { createMasker } from '../../../../src/domain/masking/mask-value.ts';
import { diffFiles } from '../../../../src/targets/compose/plan/file-diff.ts';

const compose = (tag: string, extra = '') =>
  `services:\n  app:\n    environment:\n      DB_PASSWORD: tr0ub4dor\n    image: repo/app:${tag} # release\n${extra}`;

const at = (tag: string) => ({ line: 5, image: `repo/app:${tag}` });

it('shows the line of the image and nothing around it', () => {
  const diff = diffFiles([
    {
      path: 'docker-compose.yml',
      before: compose('v2'),
      after: compose('v1'),
      imageBefore: at('v2'),
      imageAfter: at('v1'),
    },
  ]);
  expect(diff).toBe(
    [
      '--- docker-compose.yml',
      '+++ docker-compose.yml',
      '@@ -5,1 +5,1 @@',
      '-    image: repo/app:v2',
      '+    image: repo/app:v1',
      '',
    ].join('\n'),
  );
});

it.each<[string, string, string, string[]]>([
  [
    'an exported one',
    'export TOKEN=hunter2\n',
    'export TOKEN=swordfish\n',
    ['-export TOKEN= •••', '+export TOKEN= •••'],
  ],
  [
    'one that was commented out',
    '# TOKEN=hunter2\n',
    '# TOKEN=swordfish\n',
    ['-# TOKEN= •••', '+# TOKEN= •••'],
  ],
  ['a pair in two lines', '  value: hunter2\n', '  value: swordfish\n', ['-  value: •••', '+  value: •••']],
  [
    'a remark',
    'LOG=debug # was hunter2\n',
    'LOG=debug # is swordfish\n',
    ['-LOG=debug # •••', '+LOG=debug # •••'],
  ],
  [
    'a mapping in one line',
    '  env: {TOKEN: hunter2, A: b}\n',
    '  env: {TOKEN: swordfish, A: b}\n',
    ['-  env: {TOKEN: •••, A: b}', '+  env: {TOKEN: •••, A: b}'],
  ],
  ['an env file', 'TOKEN=hunter2\n', 'TOKEN=swordfish\n', ['-TOKEN= •••', '+TOKEN= •••']],
  [
    'a list of variables',
    '  - TOKEN=hunter2\n',
    '  - TOKEN=swordfish\n',
    ['-  - TOKEN= •••', '+  - TOKEN= •••'],
  ],
  ['a mapping', '  TOKEN: hunter2\n', '  TOKEN: "swordfish"\n', ['-  TOKEN: •••', '+  TOKEN: •••']],
  ['a quoted key', '  "TOKEN": hunter2\n', '  "TOKEN": swordfish\n', ['-  "TOKEN": •••', '+  "TOKEN": •••']],
  ['a block of text', '    hunter2 and more\n', '    swordfish\n', ['-    •••', '+    •••']],
  ['a comment', '# was hunter2\n', '# is swordfish\n', ['-•••', '+•••']],
  ['a key of a section', '  a:\n', '  b:\n', ['-  a:', '+  b:']],
])('shows no secret of %s', (_title, before, after, lines) => {
  const diff = diffFiles([{ path: 'a', before, after }]);
  expect(diff.split('\n').slice(3, -1)).toEqual(lines);
  expect(diff).not.toMatch(/hunter2|swordfish/);
});

it.each<[string, string, string, string[]]>([
  ['an env file', 'RUST_LOG=info\n', 'RUST_LOG=orch=debug\n', ['-RUST_LOG=info', '+RUST_LOG=orch=debug']],
  [
    'a mapping',
    '  model_name: gpt-4o\n',
    '  model_name: "gpt-5"\n',
    ['-  model_name: gpt-4o', '+  model_name: "gpt-5"'],
  ],
  [
    'a list of variables',
    '  - MAX_TOKENS=1\n',
    '  - "MAX_TOKENS=2"\n',
    ['-  - MAX_TOKENS=1', '+  - "MAX_TOKENS=2"'],
  ],
  ['a list', '  - ./data:/data\n', '  - ./old:/data\n', ['-  - ./data:/data', '+  - ./old:/data']],
  [
    'an address',
    'DB=pg://u:hunter2@db/x\n',
    'DB=pg://u:hunter2@db/y\n',
    ['-DB=pg://•••@db/x', '+DB=pg://•••@db/y'],
  ],
])('S5 shows the rest of %s', (_title, before, after, lines) => {
  expect(
    diffFiles([{ path: 'a', before, after }])
      .split('\n')
      .slice(3, -1),
  ).toEqual(lines);
});

it('S5 masks what the profile names as well', () => {
  const file = { path: 'a', before: 'INTERNAL_HOST=old\n', after: 'INTERNAL_HOST=new\n' };
  expect(diffFiles([file], createMasker(['internal_*']))).not.toMatch(/old|new/);
});

it('finds the image line after lines that come and go before it', () => {
  const after = compose('v1').replace('      DB_PASSWORD: tr0ub4dor\n', '');
  const diff = diffFiles([
    { path: 'a', before: compose('v2'), after, imageBefore: at('v2'), imageAfter: { ...at('v1'), line: 4 } },
  ]);
  expect(diff).toContain('+    image: repo/app:v1');
  expect(diff).not.toContain('tr0ub4dor');
});

it('is not confused by Windows line ends', () => {
  const windows = (text: string) => text.replaceAll('\n', '\r\n');
  const diff = diffFiles([
    {
      path: 'a',
      before: windows(compose('v2')),
      after: windows(compose('v1')),
      imageBefore: at('v2'),
      imageAfter: at('v1'),
    },
  ]);
  expect(diff.split('\n')).toHaveLength(6);
});

it('is empty when nothing differs, and capped at whole lines', () => {
  expect(diffFiles([{ path: 'a', before: 'x\n', after: 'x\n' }])).toBe('');
  const many = (value: string) =>
    Array.from({ length: 500 }, (_, index) => `KEY_${index}=${value}\n`).join('');
  const diff = diffFiles([{ path: 'a', before: many('x'), after: many('y') }]);
  expect(diff.length).toBeLessThanOrEqual(4096);
  expect(diff).toMatch(/\n# … \d+ more lines\n$/);
});

const DEFAULT = ['$', '{APP:-TAG}'].join('');

it.each<[string, string, string]>([
  [
    'a whole service on one line',
    "  app: { image: repo/app:TAG, environment: { PIN: 'correct horse' } }",
    '  … repo/app:TAG',
  ],
  ['a quoted image', '    image: "repo/app:TAG"', '    image: "repo/app:TAG"'],
  ['a variable', `    image: repo/app:${DEFAULT}`, `    image: repo/app:${DEFAULT}`],
  ['an env file', 'APP_TAG=TAG # PIN 4711', 'APP_TAG=TAG'],
])('shows no more of the line than the image: %s', (_title, line, shown) => {
  const [before, after] = ['v2', 'v1'].map((tag) => `${line.replaceAll('TAG', tag)}\n`) as [string, string];
  const image = (tag: string) => ({ line: 1, image: `repo/app:${tag}` });
  const diff = diffFiles([{ path: 'a', before, after, imageBefore: image('v2'), imageAfter: image('v1') }]);
  expect(diff.split('\n').slice(3, -1)).toEqual([
    `-${shown.replaceAll('TAG', 'v2')}`,
    `+${shown.replaceAll('TAG', 'v1')}`,
  ]);
});

it('does not take an old line for the image’s because of its number', () => {
  const before = `a: 1\nPIN: 'correct horse 4711'\n${compose('v2')}`;
  const diff = diffFiles([
    { path: 'a', before, after: compose('v1'), imageBefore: { ...at('v2'), line: 7 }, imageAfter: at('v1') },
  ]);
  expect(diff).not.toMatch(/horse|4711/);
});
