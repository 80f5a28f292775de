import { describe, expect, it } from 'vitest';
import { definitionsOf, gitSignalsSchema } from '../../../src/signals/git/index.ts';

const GOOD = { id: 'git-agent', title: 'commits of the git agent', repository: 'vault', limit: 20 };

describe('the settings of git signals', () => {
  it('have defaults, and make definitions', () => {
    const parsed = gitSignalsSchema.parse([
      GOOD,
      { ...GOOD, id: 'notes', growth: 4, noise: 9, window: '30m', decides: true },
    ]);
    expect(parsed[0]).toEqual({
      ...GOOD,
      authors: [],
      paths: [],
      count: 'commits',
      window: 3_600_000,
      noise: 5,
      decides: false,
    });
    const base = { title: GOOD.title, unit: 'count', minSamples: 0, worse: 'higher', limit: 20 };
    expect(definitionsOf(parsed)).toEqual([
      { ...base, id: 'git-agent', windowMs: 3_600_000, decides: false },
      { ...base, id: 'notes', windowMs: 1_800_000, growth: 4, noise: 9, decides: true },
    ]);
  });

  it.each<[string, object, string]>([
    [
      'neither repository nor folder',
      { repository: undefined },
      'give a repository, or a folder that is none',
    ],
    ['both', { folder: 'vault' }, 'give a repository, or a folder that is none'],
    ['nothing that makes it bad', { limit: undefined }, 'give limit or growth, or nothing is ever bad'],
    [
      'authors of a folder',
      { repository: undefined, folder: 'vault', authors: ['a'] },
      'a folder has neither authors nor branches',
    ],
    ['a branch that is an option', { branch: '--output=x' }, 'expected the name of a branch'],
    ['a branch that is an expression', { branch: 'main@{1}' }, 'expected the name of a branch'],
    ['a range', { branch: 'a..b' }, 'expected the name of a branch'],
    [
      'a path that leads out',
      { paths: ['notes/../../etc'] },
      'expected a path inside the repository, without .. and without / in front',
    ],
    [
      'a whole path',
      { paths: ['/etc'] },
      'expected a path inside the repository, without .. and without / in front',
    ],
    ['a home folder', { repository: '~/vault' }, '~ is not expanded: write the whole path'],
    ['an unknown key', { author: 'x' }, 'unknown key, did you mean authors?'],
  ])('refuse %s', (_what, change, message) => {
    const given = Object.entries({ ...GOOD, ...change }).filter(([, value]) => value !== undefined);
    const { error } = gitSignalsSchema.safeParse([Object.fromEntries(given)]);
    expect(error?.issues.map((issue) => issue.message)).toContain(message);
  });

  it('refuse two of one name', () => {
    const { error } = gitSignalsSchema.safeParse([GOOD, GOOD]);
    expect(error?.issues).toMatchObject([{ path: [1, 'id'], message: 'there are two signals git-agent' }]);
  });

  it.each(['main', 'origin/main', 'feature/a-b_c.d', 'v1.2'])('take the branch %s', (branch) => {
    expect(gitSignalsSchema.safeParse([{ ...GOOD, branch }]).success).toBe(true);
  });
});
