import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { RunbookError } from '../../../../src/domain/errors.ts';
import { StateFolder } from '../../../../src/targets/compose/state/index.ts';
import { canMount, contentsOf, mountDisk } from '../files/surroundings.ts';
import { recordOf, signal, snapshotOf, stateIn } from './surroundings.ts';

const permissions = async (path: string) => (await stat(path)).mode & 0o7777;

describe('the state folder', () => {
  it('is not made by a read', async () => {
    const { root, app } = await stateIn();
    expect(await app.knownGood.read()).toEqual({ entries: new Map(), warnings: [] });
    expect(await app.snapshots.read()).toEqual({ entries: new Map(), warnings: [] });
    expect(await app.journal.read()).toEqual({ warnings: [] });
    expect(await app.contents.read('a'.repeat(64))).toBeUndefined();
    expect(await app.audit.verify()).toMatchObject({ entries: [], warnings: [], faults: [] });
    expect(await app.removeUnusedContents()).toBe(0);
    expect(await readdir(root)).toEqual([]);
  });

  it('and everything in it is for the owner alone, and is hidden from git', async () => {
    const { root, app } = await stateIn();
    await app.contents.keep(Buffer.from('PASSWORD=x'));
    await app.knownGood.write(recordOf(1));
    await app.audit.append({ at: recordOf(1).at, event: 'recorded', key: '1' }, signal);
    for (const name of [
      '.runbook',
      ...(await readdir(join(root, '.runbook'), { recursive: true })).map((n) => join('.runbook', n)),
    ]) {
      const isFolder = (await stat(join(root, name))).isDirectory();
      expect([name, await permissions(join(root, name))]).toEqual([name, isFolder ? 0o700 : 0o600]);
    }
    expect(await readFile(join(root, '.runbook/.gitignore'), 'utf8')).toBe('*\n');
  });

  it('may be another one, as deep as it likes', async () => {
    const { root, state } = await stateIn('var/records');
    expect(await state.create()).toBe(join(root, 'var/records'));
    expect(await contentsOf(root)).toEqual({ 'var/records/.gitignore': '*\n' });
  });

  it.each(['..', '../beside', '.', '', '/etc', 'a/../..'])(
    'is never %j, outside the project or all of it',
    async (path) => {
      const { project } = await stateIn();
      expect(() => new StateFolder(project, path)).toThrow(
        expect.objectContaining({ type: 'InvalidConfig' }),
      );
    },
  );

  it.each(['.runbook', '.runbook/app', '.runbook/app/contents'])(
    'is refused when %s is a link',
    async (path) => {
      const { root, app } = await stateIn();
      const elsewhere = join(root, '..', 'elsewhere');
      await mkdir(elsewhere);
      await mkdir(join(root, path, '..'), { recursive: true });
      await symlink(elsewhere, join(root, path));
      const refused = {
        type: 'FileNotWritten',
        retryable: false,
        message: expect.stringContaining(
          `${join(root, path)} has to be a folder, and a link or a file stands there`,
        ),
      };
      await expect(app.contents.keep(Buffer.from('x'))).rejects.toMatchObject(refused);
      await expect(app.contents.read('a'.repeat(64))).rejects.toMatchObject(refused);
      expect(await readdir(elsewhere)).toEqual([]);
    },
  );

  it('is refused when a file stands in its place', async () => {
    const { root, state } = await stateIn();
    await writeFile(join(root, '.runbook'), 'mine');
    await expect(state.create()).rejects.toBeInstanceOf(RunbookError);
    await expect(state.proveWritable()).rejects.toMatchObject({ type: 'FileNotWritten', retryable: false });
    expect(await readFile(join(root, '.runbook'), 'utf8')).toBe('mine');
  });

  it('has a folder for every name that a service can have', async () => {
    const { root, state } = await stateIn();
    for (const name of ['app', 'App_1.x-2', '.', '..', '.gitignore', 'contents']) {
      await state.service(name).snapshots.write(snapshotOf(1));
      expect((await state.service(name).snapshots.read()).entries.size).toBe(1);
    }
    expect((await readdir(join(root, '.runbook'))).sort()).toEqual(
      ['%2e', '%2e.', '%2egitignore', '.gitignore', 'App_1.x-2', 'app', 'contents'].sort(),
    );
    expect(await readdir(root)).toEqual(['.runbook']);
    for (const name of ['', 'a/b', '%2e', 'a b']) expect(() => state.service(name)).toThrow(TypeError);
  });

  it('is proved writable without a trace but itself', async () => {
    const { root, state } = await stateIn();
    await state.proveWritable();
    expect(await contentsOf(root)).toEqual({ '.runbook/.gitignore': '*\n' });
  });

  it('forgets what killed writers left, and leaves alone what is being written', async () => {
    const { root, app } = await stateIn();
    await app.snapshots.write(snapshotOf(1));
    const folder = join(root, '.runbook/app/snapshots');
    const [old, young] = ['.a.json.runbook-1.tmp', '.a.json.runbook-2.tmp'].map((name) => join(folder, name));
    for (const file of [old, young]) await writeFile(file as string, '{');
    const longAgo = new Date(Date.now() - 120_000);
    await utimes(old as string, longAgo, longAgo);
    expect((await app.snapshots.read()).warnings).toEqual([]);
    await app.snapshots.write(snapshotOf(1));
    expect((await readdir(folder)).filter((name) => name.startsWith('.'))).toEqual(['.a.json.runbook-2.tmp']);
  });

  it.skipIf(!canMount)('on a read-only file system is not writable (needs root and mount)', async () => {
    const { root, state, app } = await stateIn();
    mountDisk(root, 'size=64k');
    await app.snapshots.write(snapshotOf(1));
    execFileSync('mount', ['-o', 'remount,ro', root]);
    const refused = { type: 'FileNotWritten', retryable: false, message: expect.stringContaining('EROFS') };
    await expect(state.proveWritable()).rejects.toMatchObject(refused);
    await expect(app.snapshots.write(snapshotOf(2))).rejects.toMatchObject(refused);
    await expect(
      app.audit.append({ at: recordOf(1).at, event: 'x', key: '1' }, signal),
    ).rejects.toMatchObject(refused);
    expect((await app.snapshots.read()).entries.size).toBe(1);
  });

  it.skipIf(!canMount)('on a full disk keeps what was there, whole (needs root and mount)', async () => {
    const { root, state, app } = await stateIn();
    mountDisk(root, 'size=64k');
    await app.snapshots.write(snapshotOf(1));
    await app.audit.append({ at: recordOf(1).at, event: 'x', key: '1' }, signal);
    await writeFile(join(root, 'filler'), Buffer.alloc(100_000)).catch(() => undefined);
    const before = await contentsOf(join(root, '.runbook'));
    const full = { type: 'FileNotWritten', retryable: true, message: expect.stringContaining('ENOSPC') };
    await expect(state.proveWritable()).rejects.toMatchObject(full);
    await expect(app.snapshots.write(snapshotOf(1, { version: '1b' }))).rejects.toMatchObject(full);
    await expect(
      app.audit.append({ at: recordOf(1).at, event: 'x', key: '2' }, signal),
    ).rejects.toMatchObject(full);
    expect(await contentsOf(join(root, '.runbook'))).toEqual(before);
    await rm(join(root, 'filler'));
    await app.snapshots.write(snapshotOf(1, { version: '1b' }));
  });
});
