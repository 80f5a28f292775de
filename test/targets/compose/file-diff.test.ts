import { expect, it } from 'vitest';
import { diffFiles } from '../../../src/targets/compose/file-diff.ts';

const compose = (tag: string, extra = '') =>
  `services:\n  app:\n    environment:\n      DB_PASSWORD: tr0ub4dor\n    image: repo/app:${tag} # release\n${extra}`;

it('shows the line of the image whole and nothing around it', () => {
  const diff = diffFiles([
    { path: 'docker-compose.yml', before: compose('v2'), after: compose('v1'), imageLine: 5 },
  ]);
  expect(diff).toBe(
    [
      '--- docker-compose.yml',
      '+++ docker-compose.yml',
      '@@ -5,1 +5,1 @@',
      '-    image: repo/app:v2 # release',
      '+    image: repo/app:v1 # release',
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
  const diff = diffFiles([{ path: 'a', before: compose('v2'), after, imageLine: 4 }]);
  expect(diff).toContain('+    image: repo/app:v1 # release');
  expect(diff).not.toContain('tr0ub4dor');
});

it('is not confused by Windows line ends', () => {
  const windows = (text: string) => text.replaceAll('\n', '\r\n');
  const diff = diffFiles([
    { path: 'a', before: windows(compose('v2')), after: windows(compose('v1')), imageLine: 5 },
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
