import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { takeLockFile } from '../../../../src/locks/lock-file.ts';
import { contentHash } from '../../../../src/targets/compose/files/content-hash.ts';
import { canMount, contentsOf, ended, isRoot, mountDisk, projectOf, startProgram } from './surroundings.ts';

const BEFORE = 'services:\r\n  app:\r\n    image: "app:2"   # der große\r\n';
const AFTER = BEFORE.replace('app:2', 'app:1');
const change = (more: object = {}) => ({
  expect: contentHash(BEFORE),
  content: AFTER,
  backupSuffix: 'before-1',
  ...more,
});
const notWritten = (retryable: boolean, part: string) => ({
  type: 'FileNotWritten',
  retryable,
  message: expect.stringContaining(part),
});

describe('replacing a file', () => {
  it('writes the new bytes as they are, keeps the old ones beside it, and leaves nothing else', async () => {
    const { root, project } = await projectOf({ 'compose.yaml': BEFORE });
    expect(await project.replace('compose.yaml', change())).toEqual({
      path: join(root, 'compose.yaml'),
      sha256: contentHash(AFTER),
      written: true,
      backup: join(root, 'compose.yaml.before-1'),
    });
    expect(await contentsOf(root)).toEqual({ 'compose.yaml': AFTER, 'compose.yaml.before-1': BEFORE });
    expect(await readFile(join(root, 'compose.yaml'))).toEqual(Buffer.from(AFTER));
  });

  it('again is a success that writes nothing', async () => {
    const { root, project } = await projectOf({ 'compose.yaml': BEFORE });
    await project.replace('compose.yaml', change());
    const first = await stat(join(root, 'compose.yaml'));
    expect(await project.replace('compose.yaml', change())).toMatchObject({
      written: false,
      sha256: contentHash(AFTER),
      backup: join(root, 'compose.yaml.before-1'),
    });
    expect(await stat(join(root, 'compose.yaml'))).toMatchObject({ ino: first.ino, mtimeMs: first.mtimeMs });
    expect(await contentsOf(root)).toEqual({ 'compose.yaml': AFTER, 'compose.yaml.before-1': BEFORE });
  });

  it('C9 keeps the newest few of its backups, and what others have named alike', async () => {
    const others = { 'compose.yaml.before-rollback-mine': 'mine', 'other.yaml.before-rollback-1': 'other' };
    const { root, project } = await projectOf({ 'compose.yaml': '0', ...others });
    const kept = { backupFamily: 'before-rollback-' };
    for (const [before, after] of ['01', '12', '23', '34', '40', '01', '15'].map((pair) => [...pair])) {
      const change = { expect: contentHash(before ?? ''), content: after ?? '' };
      await project.replace('compose.yaml', {
        ...change,
        ...kept,
        backupSuffix: `before-rollback-${before}`,
      });
    }
    expect(await contentsOf(root)).toEqual({
      ...others,
      'compose.yaml': '5',
      'compose.yaml.before-rollback-1': '1',
      'compose.yaml.before-rollback-0': '0',
      'compose.yaml.before-rollback-4': '4',
    });
  });

  it('does not write over what somebody else wrote, and leaves nothing', async () => {
    const { root, project } = await projectOf({ 'compose.yaml': 'edited\n' });
    await expect(project.replace('compose.yaml', change())).rejects.toMatchObject({
      type: 'WorkloadChanged',
      message: expect.stringContaining(join(root, 'compose.yaml')),
    });
    expect(await contentsOf(root)).toEqual({ 'compose.yaml': 'edited\n' });
  });

  it('that is gone is a change by somebody else', async () => {
    const { project } = await projectOf({});
    await expect(project.replace('compose.yaml', change())).rejects.toMatchObject({
      type: 'WorkloadChanged',
    });
  });

  it('keeps the first backup of a name', async () => {
    const { root, project } = await projectOf({ 'compose.yaml': BEFORE, 'compose.yaml.before-1': 'first\n' });
    await project.replace('compose.yaml', change());
    expect(await contentsOf(root)).toEqual({ 'compose.yaml': AFTER, 'compose.yaml.before-1': 'first\n' });
  });

  it.each(['../x', 'a/b', ''])('takes no suffix %j that would lead elsewhere', async (backupSuffix) => {
    const { root, project } = await projectOf({ 'compose.yaml': BEFORE });
    await expect(project.replace('compose.yaml', change({ backupSuffix }))).rejects.toThrow(TypeError);
    expect(await contentsOf(root)).toEqual({ 'compose.yaml': BEFORE });
  });

  it('replaces the real file behind a link, and the link stays', async () => {
    const { root, project } = await projectOf({ 'releases/2/compose.yaml': BEFORE });
    await symlink('releases/2/compose.yaml', join(root, 'compose.yaml'));
    await project.replace('compose.yaml', change());
    expect(await contentsOf(join(root, 'releases/2'))).toEqual({
      'compose.yaml': AFTER,
      'compose.yaml.before-1': BEFORE,
    });
    expect((await readdir(root)).sort()).toEqual(['compose.yaml', 'releases']);
  });

  it('keeps the mode, whatever the umask', async () => {
    const { root, project } = await projectOf({ 'compose.yaml': BEFORE });
    await chmod(join(root, 'compose.yaml'), 0o2664);
    const umask = process.umask(0o077);
    onTestFinished(() => void process.umask(umask));
    await project.replace('compose.yaml', change());
    for (const name of await readdir(root)) expect((await stat(join(root, name))).mode & 0o7777).toBe(0o2664);
  });

  it.skipIf(!isRoot)('keeps the owner, of the backup too (needs root)', async () => {
    const { root, project } = await projectOf({ 'compose.yaml': BEFORE });
    await chown(join(root, 'compose.yaml'), 1234, 5678);
    await project.replace('compose.yaml', change());
    for (const name of ['compose.yaml', 'compose.yaml.before-1']) {
      expect(await stat(join(root, name))).toMatchObject({ uid: 1234, gid: 5678 });
    }
  });

  it('of one file by two processes at once is won by exactly one', async () => {
    const { root } = await projectOf({ 'compose.yaml': BEFORE });
    const rivals = ['a', 'b'].map((name) => ({ name, ...startProgram('replace.ts', [root]) }));
    await Promise.all(rivals.map(({ call }) => call({})));
    let current = BEFORE;
    for (let round = 0; round < 20; round += 1) {
      const results = await Promise.all(
        rivals.map(({ name, call }) =>
          call(change({ path: 'compose.yaml', expect: contentHash(current), content: `${round} ${name}\n` })),
        ),
      );
      const [winner, ...others] = rivals.filter((_, index) => results[index]?.written === true);
      expect(others).toEqual([]);
      expect(results.find(({ written }) => written === undefined)).toMatchObject({ type: 'WorkloadChanged' });
      current = `${round} ${winner?.name}\n`;
      expect(await readFile(join(root, 'compose.yaml'), 'utf8')).toBe(current);
    }
    expect((await readdir(root)).sort()).toEqual(['compose.yaml', 'compose.yaml.before-1']);
  });

  it.each([
    ['backup', 1, { 'compose.yaml': BEFORE }],
    ['file', 2, { 'compose.yaml': BEFORE, 'compose.yaml.before-1': BEFORE }],
  ])(
    'killed with -9 before the rename of the %s leaves the file whole, and the next attempt tidies up',
    async (_, at, kept) => {
      const { root, project } = await projectOf({ 'compose.yaml': BEFORE });
      const { child, call } = startProgram('replace.ts', [root]);
      await expect(call({ ...change(), path: 'compose.yaml', dieAtRename: at })).rejects.toThrow('ended');
      expect(await ended(child)).toEqual({ code: null, signal: 'SIGKILL' });
      expect(await contentsOf(root)).toMatchObject(kept);
      expect((await readdir(root)).filter((name) => name.endsWith('.tmp'))).toHaveLength(1);
      await project.writable('compose.yaml');
      expect(await project.replace('compose.yaml', change())).toMatchObject({ written: true });
      expect(await contentsOf(root)).toEqual({ 'compose.yaml': AFTER, 'compose.yaml.before-1': BEFORE });
    },
  );

  it('waits for another replacement of the same file, and ends when aborted', async () => {
    const { root, project } = await projectOf({ 'compose.yaml': BEFORE });
    const { signal } = new AbortController();
    const lock = await takeLockFile(join(root, '.compose.yaml.runbook-lock'), { signal, waitMs: 0 });
    const abort = new AbortController();
    const waiting = project.replace('compose.yaml', change({ signal: abort.signal }));
    abort.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    const replacing = project.replace('compose.yaml', change());
    await lock.release();
    expect(await replacing).toMatchObject({ written: true });
  });
});

describe('a file that cannot be replaced', () => {
  /** The same error, with nothing changed, from the proof beforehand and from the attempt. */
  async function expectRefused({ root, project }: Awaited<ReturnType<typeof projectOf>>, error: object) {
    const before = await contentsOf(root);
    await expect(project.writable('compose.yaml')).rejects.toMatchObject(error);
    expect(await contentsOf(root)).toEqual(before);
    await expect(project.replace('compose.yaml', change())).rejects.toMatchObject(error);
    expect(await contentsOf(root)).toEqual(before);
  }

  it('is proved replaceable without a trace', async () => {
    const { root, project } = await projectOf({ 'compose.yaml': BEFORE });
    const before = await stat(join(root, 'compose.yaml'));
    await project.writable('compose.yaml');
    expect(await readdir(root)).toEqual(['compose.yaml']);
    expect(await stat(join(root, 'compose.yaml'))).toMatchObject({
      ino: before.ino,
      ctimeMs: before.ctimeMs,
    });
  });

  it('is one that is not there', async () => {
    const { project } = await projectOf({});
    await expect(project.writable('.env')).rejects.toMatchObject(notWritten(false, '.env is not there'));
  });

  it('is one without any write bit, for root too', async () => {
    const world = await projectOf({ 'compose.yaml': BEFORE });
    await chmod(join(world.root, 'compose.yaml'), 0o444);
    await expectRefused(world, notWritten(false, `chmod u+w ${join(world.root, 'compose.yaml')}`));
  });

  it.skipIf(!canMount)('is one on a read-only file system (needs root and mount)', async () => {
    const world = await projectOf({});
    mountDisk(world.root, 'size=64k');
    await writeFile(join(world.root, 'compose.yaml'), BEFORE);
    execFileSync('mount', ['-o', 'remount,ro', world.root]);
    await expectRefused(world, notWritten(false, 'its file system is read-only (EROFS)'));
    execFileSync('mount', ['-o', 'remount,rw', world.root]);
    expect(await world.project.replace('compose.yaml', change())).toMatchObject({ written: true });
  });

  it.skipIf(!canMount)('is one that is mounted on its own (needs root and mount)', async () => {
    const world = await projectOf({ 'a b/compose.yaml': BEFORE });
    await writeFile(join(world.outside, 'app.yaml'), BEFORE);
    const file = join(world.root, 'a b/compose.yaml');
    execFileSync('mount', ['--bind', join(world.outside, 'app.yaml'), file]);
    onTestFinished(() => void execFileSync('umount', ['-l', file]));
    const error = notWritten(false, 'it is mounted on its own');
    await expect(world.project.writable('a b/compose.yaml')).rejects.toMatchObject(error);
    await expect(world.project.replace('a b/compose.yaml', change())).rejects.toMatchObject(error);
    expect(await contentsOf(world.root)).toEqual({ 'a b/compose.yaml': BEFORE });
  });

  it.skipIf(!canMount)('is one on a full disk, until there is room (needs root and mount)', async () => {
    const world = await projectOf({});
    const { root, project } = world;
    mountDisk(root, 'size=64k');
    await writeFile(join(root, 'compose.yaml'), BEFORE);
    await writeFile(join(root, 'filler'), Buffer.alloc(100_000)).catch(() => undefined);
    await expectRefused(world, notWritten(true, 'the disk is full (ENOSPC); make room on it'));
    await rm(join(root, 'filler'));
    expect(await project.replace('compose.yaml', change())).toMatchObject({ written: true });
    expect(await contentsOf(root)).toEqual({ 'compose.yaml': AFTER, 'compose.yaml.before-1': BEFORE });
  });

  it.skipIf(!canMount)(
    'stays whole when the disk gets full in the middle of the new content (needs root and mount)',
    async () => {
      const { root, project } = await projectOf({});
      mountDisk(root, 'size=64k');
      await writeFile(join(root, 'compose.yaml'), BEFORE);
      const content = Buffer.alloc(60_000, 'x');
      await expect(project.replace('compose.yaml', change({ content }))).rejects.toMatchObject(
        notWritten(true, 'the disk is full (ENOSPC)'),
      );
      expect(await contentsOf(root)).toEqual({ 'compose.yaml': BEFORE, 'compose.yaml.before-1': BEFORE });
    },
  );

  it('is one whose name became a folder', async () => {
    const { root, project } = await projectOf({});
    await mkdir(join(root, 'compose.yaml'));
    const error = { type: 'ComposeFileUnsupported', message: expect.stringContaining('not a regular file') };
    await expect(project.replace('compose.yaml', change())).rejects.toMatchObject(error);
    await expect(project.writable('compose.yaml')).rejects.toMatchObject(error);
  });
});
