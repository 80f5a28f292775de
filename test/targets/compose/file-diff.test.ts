import { expect, it } from 'vitest';
import { diffFiles } from '../../../src/targets/compose/file-diff.ts';

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
])('shows no value of %s', (_title, before, after, lines) => {
  const diff = diffFiles([{ path: 'a', before, after }]);
  expect(diff.split('\n').slice(3, -1)).toEqual(lines);
  expect(diff).not.toMatch(/hunter2|swordfish/);
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
