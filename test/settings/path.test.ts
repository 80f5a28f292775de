import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesGlob } from '../../src/settings/glob.ts';
import { matchesPath, type Path, parsePattern, pathText } from '../../src/settings/path.ts';

describe('the path of a setting as text', () => {
  it.each<[Path, string]>([
    [['agents', 'llm_router_agent', 'timeout_secs'], 'agents.llm_router_agent.timeout_secs'],
    [['servers', 0, 'port'], 'servers[0].port'],
    [[0, 1], '[0][1]'],
    [['labels', 'app.kubernetes.io/name'], 'labels."app.kubernetes.io/name"'],
    [['a', ''], 'a.""'],
    [['a"b\\c'], '"a\\"b\\\\c"'],
    [[], ''],
  ])('%j is %s', (path, text) => {
    expect(pathText(path)).toBe(text);
  });

  it('is a pattern that means this path', () => {
    const key = fc.oneof(fc.stringMatching(/^[a-z_-]{1,5}$/), fc.string({ maxLength: 5 }));
    const keys = key.filter((one) => JSON.stringify(one) === `"${one.replaceAll(/[\\"]/g, '\\$&')}"`);
    const path = fc.array(fc.oneof(keys, fc.nat(9)), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(path, (parts) => {
        const pattern = parsePattern(pathText(parts));
        expect(pattern && matchesPath(pattern, parts)).toBe(true);
      }),
    );
  });
});

describe('a pattern', () => {
  it.each<[string, Path, boolean]>([
    ['agents.*.timeout_secs', ['agents', 'git_agent', 'timeout_secs'], true],
    ['agents.*.timeout_secs', ['agents', 'timeout_secs'], false],
    ['agents.*.timeout_secs', ['agents', 'a', 'b', 'timeout_secs'], false],
    ['agents.**.timeout_secs', ['agents', 'a', 'b', 'timeout_secs'], true],
    ['agents.**.timeout_secs', ['agents', 'timeout_secs'], true],
    ['agents.**', ['agents'], true],
    ['**', [], true],
    ['**.password', ['password'], true],
    ['*_TIMEOUT', ['HTTP_TIMEOUT'], true],
    ['*_TIMEOUT', ['HTTP_TIMEOUTS'], false],
    ['servers[*].port', ['servers', 3, 'port'], true],
    ['servers[0].port', ['servers', 1, 'port'], false],
    ['servers.*.port', ['servers', 1, 'port'], true],
    ['labels."a.b"', ['labels', 'a.b'], true],
    ['labels."*"', ['labels', 'x'], false],
    ['labels."*"', ['labels', '*'], true],
    ['', [], true],
    ['', ['a'], false],
  ])('%s and %j: %s', (text, path, isMatch) => {
    const pattern = parsePattern(text) ?? expect.fail('no pattern');
    expect(matchesPath(pattern, path)).toBe(isMatch);
  });

  it.each(['.', 'a.', '.a', 'a..b', 'a b', 'a[', 'a[x]', 'a[0', '"a', 'a"b"', 'a[0]b'])(
    '%s is none',
    (text) => {
      expect(parsePattern(text)).toBeUndefined();
    },
  );

  it('is matched in a moment, however many stars it has', () => {
    const pattern = parsePattern(Array(30).fill('**').join('.')) ?? expect.fail('no pattern');
    expect(matchesPath([...pattern, { exactly: 'z' }], Array(60).fill('a'))).toBe(false);
    expect(matchesGlob('*a'.repeat(50), 'a'.repeat(2000))).toBe(true);
    expect(matchesGlob(`${'*a'.repeat(50)}b`, 'a'.repeat(2000))).toBe(false);
  });
});

describe('a glob', () => {
  it.each([
    ['*', '', true],
    ['', '', true],
    ['', 'a', false],
    ['configmap/*', 'configmap/app-config', true],
    ['configmap/*', 'secret/app-config', false],
    ['*.toml', 'data/config.toml', true],
    ['config*.toml', 'config.prod.toml', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['a.c', 'abc', false],
  ])('%s and %s: %s', (glob, text, isMatch) => {
    expect(matchesGlob(glob, text)).toBe(isMatch);
  });
});
