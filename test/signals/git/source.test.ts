import { chmod, mkdir, readdir, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { SignalReading } from '../../../src/domain/need/signals.ts';
import { createGitSource, definitionsOf, gitSignalsSchema } from '../../../src/signals/git/index.ts';
import { add, ago, NOW, openFolders, run } from './repositories.ts';

const { folder, repository } = openFolders();
const HOUR = 60;

/** What is read of one signal, asked for three hours. */
async function read(
  settings: Record<string, unknown>,
  {
    signal = new AbortController().signal,
    env = {},
    timeoutMs,
  }: {
    readonly signal?: AbortSignal;
    readonly env?: Record<string, string>;
    readonly timeoutMs?: number;
  } = {},
): Promise<SignalReading> {
  const parsed = gitSignalsSchema.parse([{ id: 'git', title: 'commits', limit: 3, ...settings }]);
  const source = createGitSource(parsed, {
    env: { PATH: process.env.PATH, HOME: '/nonexistent', ...env },
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  });
  const [found] = await source.read(definitionsOf(parsed), {
    from: ago(3 * HOUR),
    to: NOW,
    instances: [],
    signal,
  });
  return found!;
}

/** The values by the minutes before now. */
function seriesOf(found: SignalReading): Readonly<Record<number, number>> {
  if (found.kind !== 'measured') throw new Error(found.why);
  return Object.fromEntries([...found.past, found.now].map(({ at, value }) => [(NOW - at) / 60_000, value]));
}
const why = (found: SignalReading) => (found.kind === 'no-data' ? found.why : `measured ${found.now.value}`);
const commits = (...times: readonly number[]) => times.map((minutes) => ({ ago: minutes }));

/** The real git, with something before it. */
async function bin(first: string): Promise<{ readonly env: { readonly PATH: string } }> {
  const at = await folder();
  const script = `#!/bin/sh\nPATH='${process.env.PATH}'\n${first} exec git "$@"\n`;
  await writeFile(join(at, 'git'), script, { mode: 0o755 });
  return { env: { PATH: at } };
}

describe('commits of a repository', () => {
  it('are counted in each window, now and before', async () => {
    const path = await repository(commits(400, 200, 150, 30, 20, 10));
    const series = seriesOf(await read({ repository: path }));
    expect(series).toMatchObject({ 180: 1, 150: 2, 135: 1, 90: 0, 75: 0, 30: 1, 15: 2, 0: 3 });
    expect(Object.keys(series)).toHaveLength(13);
  });

  it('are those of the authors, by a part of name or address, literally and in any case', async () => {
    const path = await repository([
      { ago: 50, author: 'Git Agent <git.agent@example>' },
      { ago: 40, author: 'Somebody <gitXagent@example>' },
      { ago: 30, author: 'Obsidian Agent <notes@example>' },
    ]);
    expect(seriesOf(await read({ repository: path, authors: ['GIT.AGENT@'] }))[0]).toBe(1);
    expect(seriesOf(await read({ repository: path, authors: ['git agent', 'obsidian'] }))[0]).toBe(2);
    const nobody = await read({ repository: path, authors: ['.*'] });
    expect(seriesOf(nobody)[0]).toBe(0);
    expect(nobody).toMatchObject({ notes: ['no commit of these authors is in its history'] });
  });

  it('are those that change a folder, or the files in it, and a path that is misspelt is no silence', async () => {
    const path = await repository([
      { ago: 50, paths: ['notes/a.md', 'notes/b c.md', 'code/x.ts'] },
      { ago: 40, paths: ['code/y.ts'] },
      { ago: 30, paths: ['notes/ünï\tcode.md'] },
    ]);
    expect(seriesOf(await read({ repository: path, paths: ['notes'] }))[0]).toBe(2);
    expect(seriesOf(await read({ repository: path, paths: ['notes'], count: 'files' }))[0]).toBe(3);
    expect(seriesOf(await read({ repository: path, count: 'files' }))[0]).toBe(5);
    // No pattern: `*` is a name.
    expect(why(await read({ repository: path, paths: ['note*'] }))).toBe(
      'nothing in its history has ever changed these paths',
    );
    const old = await repository([{ ago: 1000, paths: ['notes/a.md'] }, { ago: 10 }]);
    expect(seriesOf(await read({ repository: old, paths: ['notes'] }))[0]).toBe(0);
  });

  it('count by the date of their committer: what was rebased or picked came then', async () => {
    const path = await repository([
      { ago: 100, authoredAgo: 5000 },
      { ago: 20, authoredAgo: 5000 },
      { ago: 10, authoredAgo: -5000 },
    ]);
    expect(seriesOf(await read({ repository: path }))).toMatchObject({ 90: 1, 0: 2 });
  });

  it('are all found, whatever the order of their dates, and a date in the future is told', async () => {
    const path = await repository([
      { ago: 170 },
      { ago: 50 },
      { ago: 900_000 },
      { ago: -600 },
      { ago: 20 },
      { ago: 999_999 },
    ]);
    const found = await read({ repository: path });
    expect(seriesOf(found)).toMatchObject({ 150: 1, 0: 2 });
    expect(found).toMatchObject({ notes: ['1 commits have a date in the future, and do not count'] });
  });

  it('of branches that were merged count once, and those of other branches do not', async () => {
    const path = await repository(commits(300, 50));
    await run(path, 'branch', 'side', 'main');
    await add(path, commits(40), 'side');
    await add(path, commits(30));
    await run(path, 'reset', '--quiet', '--hard');
    expect(seriesOf(await read({ repository: path }))[0]).toBe(2);
    expect(seriesOf(await read({ repository: path, branch: 'side' }))[0]).toBe(2);
    // A tag of that name is not meant, nor is a branch below it.
    await run(path, 'tag', 'side', 'main~1');
    await run(path, 'branch', 'other/one', 'main');
    expect(seriesOf(await read({ repository: path, branch: 'side' }))[0]).toBe(2);
    expect(why(await read({ repository: path, branch: 'other' }))).toMatch(/no such branch/);
    const me = ['-c', 'user.name=m', '-c', 'user.email=m@example'];
    await run(path, ...me, 'merge', '--quiet', '--no-edit', 'refs/heads/side');
    await run(path, 'update-ref', 'refs/heads/merged', await onceMore(path, 5));
    expect(seriesOf(await read({ repository: path, branch: 'merged' }))[0]).toBe(4);
    expect(
      seriesOf(await read({ repository: path, branch: 'merged', paths: ['file-side-40-0.md'] }))[0],
    ).toBe(1);
  });

  it('that change a folder count, also where a merge has dropped what they changed', async () => {
    const path = await repository([{ ago: 300, paths: ['notes/a.md'] }]);
    await run(path, 'branch', 'side', 'main');
    await add(path, [{ ago: 40, paths: ['notes/b.md'] }], 'side');
    await add(path, commits(30));
    await run(path, 'reset', '--quiet', '--hard');
    const me = ['-c', 'user.name=m', '-c', 'user.email=m@example'];
    await run(path, ...me, 'merge', '--quiet', '--no-edit', '--strategy=ours', 'side');
    expect(seriesOf(await read({ repository: path, paths: ['notes'] }))[0]).toBe(1);
  });

  it('of a shallow clone are known as far as it reaches', async () => {
    const path = await repository(commits(1000, 170, 100, 20, 10));
    const clone = async (depth: number) => {
      const to = join(await folder(), 'clone');
      await run('.', 'clone', '--quiet', `--depth=${depth}`, `file://${path}`, to);
      return to;
    };
    // The oldest commit that it has is of 100 minutes ago.
    expect(seriesOf(await read({ repository: await clone(3), count: 'files' }))).toEqual({
      30: 0,
      15: 1,
      0: 2,
    });
    expect(why(await read({ repository: await clone(2) }))).toBe(
      'the clone is shallow, and does not reach back a window',
    );
  });

  it('of a branch that is fetched are known until its last fetch', async () => {
    const path = await repository(commits(100, 20));
    const clone = join(await folder(), 'clone');
    await run('.', 'clone', '--quiet', path, clone);
    await run(clone, 'fetch', '--quiet');
    const fetched = new Date(ago(90));
    await utimes(join(clone, '.git', 'FETCH_HEAD'), fetched, fetched);
    const found = await read({ repository: clone, branch: 'origin/main' });
    expect(found).toMatchObject({ now: { at: ago(90), value: 1 } });
    // Its own branch is what somebody works on there.
    expect(await read({ repository: clone, branch: 'main' })).toMatchObject({ now: { at: NOW, value: 1 } });
    const mirror = join(await folder(), 'mirror');
    await run('.', 'clone', '--quiet', '--mirror', path, mirror);
    await utimes(join(mirror, 'description'), fetched, fetched);
    expect(await read({ repository: mirror })).toMatchObject({ now: { at: ago(90) } });
  });

  it('that were rewritten are those that are there now', async () => {
    const path = await repository(commits(100, 90, 80));
    expect(seriesOf(await read({ repository: path }))[75]).toBe(3);
    await run(
      path,
      'update-ref',
      'refs/heads/main',
      `${(await run(path, 'rev-list', '--max-parents=0', 'main')).trim()}`,
    );
    await add(path, commits(5));
    expect(seriesOf(await read({ repository: path }))).toMatchObject({ 75: 1, 0: 1 });
  });

  it.each<[string, () => Promise<Record<string, unknown>>, string]>([
    ['no folder', async () => ({ repository: '/nonexistent/vault' }), 'there is no such folder'],
    [
      'a folder without git',
      async () => ({ repository: await folder() }),
      'there is no git repository there',
    ],
    [
      'a folder inside some other repository',
      async () => {
        const [path, link] = [await repository(commits(5)), join(await folder(), 'link')];
        await mkdir(join(path, 'vault'));
        await symlink(join(path, 'vault'), link);
        return { repository: link };
      },
      'there is no git repository there',
    ],
    [
      'a repository without a commit',
      async () => ({ repository: await repository([]) }),
      'it has no such branch, or no commit yet',
    ],
    [
      'a branch that it does not have',
      async () => ({ repository: await repository(commits(5)), branch: 'other' }),
      'it has no such branch, or no commit yet',
    ],
  ])('are no data of %s', async (_what, settings, says) => {
    expect(await read(await settings())).toEqual({ kind: 'no-data', source: 'git', why: says });
  });

  it('are no data of a repository that is damaged, or that belongs to another user', async () => {
    const path = await repository(commits(20, 10));
    await run(path, 'repack', '-adq');
    const packs = join(path, '.git/objects/pack');
    for (const name of await readdir(packs)) {
      await chmod(join(packs, name), 0o600);
      await writeFile(join(packs, name), 'x'.repeat(2000));
    }
    expect(why(await read({ repository: path }))).toMatch(
      /^(the repository is damaged|it has no such branch)/,
    );
    const others = await repository(commits(20));
    // The way in which git itself tests it.
    const different = await bin('GIT_TEST_ASSUME_DIFFERENT_OWNER=1');
    expect(why(await read({ repository: others }, different))).toBe(
      'the repository belongs to another user: name it in safe.directory of the worker’s git config',
    );
    const home = await folder();
    await writeFile(join(home, '.gitconfig'), `[safe]\n\tdirectory = ${others}\n`);
    const trusted = await read({ repository: others }, { env: { ...different.env, HOME: home } });
    expect(seriesOf(trusted)[0]).toBe(1);
    // What would lead to another repository is not handed on.
    const elsewhere = { GIT_DIR: '/nonexistent', GIT_TEST_ASSUME_DIFFERENT_OWNER: '1' };
    expect(seriesOf(await read({ repository: others }, { env: elsewhere }))[0]).toBe(1);
  });

  it('of a partial clone are no data where it lacks what is asked for: nothing is fetched', async () => {
    const path = await repository(commits(100, 20));
    await run(path, 'config', 'uploadpack.allowFilter', 'true');
    const clone = join(await folder(), 'clone');
    await run('.', 'clone', '--quiet', '--no-checkout', '--filter=tree:0', `file://${path}`, clone);
    expect(seriesOf(await read({ repository: clone }))[0]).toBe(1);
    const objects = () => readdir(join(clone, '.git/objects'), { recursive: true });
    const before = await objects();
    expect(why(await read({ repository: clone, count: 'files' }))).toBe(
      'the clone is partial, and what it lacks is not fetched',
    );
    expect(await objects()).toEqual(before);
  });

  it('are read without any program that the repository names, and nothing of it is changed', async () => {
    const path = await repository(commits(20, 10));
    const proof = join(path, 'ran');
    const program = join(path, '.git', 'program');
    await writeFile(program, `#!/bin/sh\ntouch '${proof}'\ncat\n`, { mode: 0o755 });
    for (const key of [
      'core.fsmonitor',
      'core.pager',
      'pager.log',
      'gpg.program',
      'diff.external',
      'core.sshCommand',
      'core.alternateRefsCommand',
    ]) {
      await run(path, 'config', key, program);
    }
    await run(path, 'config', 'log.showSignature', 'true');
    await run(path, 'config', 'diff.x.textconv', program);
    await writeFile(join(path, '.git/info/attributes'), '* diff=x\n');
    // A signed one, which showing signatures would have verified.
    const signed = `gpgsig -----BEGIN PGP SIGNATURE-----\n \n x\n -----END PGP SIGNATURE-----\n`;
    await run(path, 'update-ref', 'refs/heads/main', await onceMore(path, 5, signed));
    const before = await readdir(join(path, '.git'), { recursive: true });
    expect(seriesOf(await read({ repository: path, count: 'files' }))[0]).toBe(2);
    expect(seriesOf(await read({ repository: path }))[0]).toBe(3);
    expect(await readdir(join(path, '.git'), { recursive: true })).toEqual(before);
    expect(await readdir(path)).not.toContain('ran');
  });

  it('are no data where git takes too long, where it is not there, and an old git says what it may have missed', async () => {
    const path = await repository(commits(20, 10));
    expect(
      why(await read({ repository: path }, { ...(await bin('exec sleep 60;')), timeoutMs: 200 })),
    ).toMatch(/^git did not answer within 0\.\d+ s$/);
    expect(why(await read({ repository: path }, { env: { PATH: '/nonexistent' } }))).toBe(
      'git cannot be run on the worker’s host (ENOENT)',
    );
    const old = await bin(
      `case "$*" in *--since-as-filter*) echo 'fatal: unrecognized argument' >&2; exit 128;; esac;`,
    );
    const found = await read({ repository: path }, old);
    expect(found).toMatchObject({
      now: { value: 2 },
      notes: ['commits behind one with an older date may be missing'],
    });
  });

  it('are not waited for when the run is cancelled', async () => {
    const path = await repository(commits(20));
    await expect(read({ repository: path }, { signal: AbortSignal.abort() })).rejects.toThrow();
  });
});

describe('changed files of a folder without git', () => {
  const file = async (path: string, minutes: number) => {
    await mkdir(join(path, '..'), { recursive: true });
    await writeFile(path, 'x');
    await utimes(path, new Date(ago(minutes)), new Date(ago(minutes)));
  };

  it('count by their last change, now alone: a folder has no past', async () => {
    const vault = await folder();
    await file(join(vault, 'daily/a.md'), 20);
    await file(join(vault, 'daily/b.md'), 50);
    await file(join(vault, 'c.md'), 90);
    await file(join(vault, 'd.md'), -90);
    await file(join(vault, '.obsidian/workspace.json'), 1);
    await file(join(vault, '.git/index'), 1);
    await symlink('/', join(vault, 'root'));
    expect(await read({ folder: vault })).toEqual({
      kind: 'measured',
      source: 'git',
      now: { at: NOW, value: 2 },
      past: [],
      notes: [
        'a folder without git has no past, and does not show what was deleted',
        '1 files have a date in the future, and do not count',
      ],
    });
    expect(await read({ folder: vault, paths: ['c.md', 'daily'] })).toMatchObject({ now: { value: 2 } });
  });

  it('are no data where the folder, or a part of it that is named, is not there', async () => {
    const vault = await folder();
    expect(why(await read({ folder: vault, paths: ['nowhere'] }))).toBe('there is no such folder');
    await rm(vault, { recursive: true });
    expect(why(await read({ folder: vault }))).toBe('there is no such folder');
  });
});

/** The tree of the last commit once more, with its parents, at another time. */
async function onceMore(path: string, minutes: number, header = ''): Promise<string> {
  const [tree = '', ...parents] = (await run(path, 'log', '-1', '--format=%T %P', 'main')).trim().split(' ');
  const own = header === '' ? parents : [(await run(path, 'rev-parse', 'main')).trim()];
  const who = `m <m@example> ${Math.floor(ago(minutes) / 1000)} +0000`;
  const lines = own.map((one) => `parent ${one}\n`).join('');
  const file = join(path, '.git', 'a-commit');
  await writeFile(file, `tree ${tree}\n${lines}author ${who}\ncommitter ${who}\n${header}\nwords\n`);
  return (await run(path, 'hash-object', '-t', 'commit', '-w', file)).trim();
}
