import { beforeEach, describe, expect, it, vi } from 'vitest';
import { contentHash } from '../../../../src/targets/compose/files/content-hash.ts';
import { contentsOf, projectOf } from './surroundings.ts';

/** Errors that no test can bring a real disk to: by the call that fails, for files whose path ends so. */
const faults = vi.hoisted(() => new Map<string, { code: string; at: RegExp }>());

vi.mock('node:fs/promises', async (actual) => {
  const real = await actual<typeof import('node:fs/promises')>();
  const failing = (syscall: string, path: string) => {
    const fault = faults.get(syscall);
    if (!fault?.at.test(path)) return;
    throw Object.assign(new Error(`${fault.code}: ${syscall}`), { code: fault.code, syscall });
  };
  return {
    ...real,
    open: async (path: string, flags: string | number, mode?: number) => {
      failing('open', path);
      const handle = await real.open(path, flags, mode);
      const { sync } = handle;
      handle.sync = async () => {
        failing('fsync', path);
        return sync.call(handle);
      };
      return handle;
    },
    access: async (path: string, mode?: number) => {
      failing('access', path);
      return real.access(path, mode);
    },
    rename: async (from: string, to: string) => {
      failing('rename', to);
      return real.rename(from, to);
    },
  };
});

const BEFORE = 'image: app:2\n';
const CHANGE = { expect: contentHash(BEFORE), content: 'image: app:1\n', backupSuffix: 'before-1' };

beforeEach(() => faults.clear());

describe('a write that fails', () => {
  it.each([
    ['open', 'EACCES', /\.tmp$/, false, 'no right to write it (EACCES)'],
    ['open', 'EDQUOT', /\.tmp$/, true, 'the quota is used up (EDQUOT)'],
    ['open', 'EROFS', /lock\.[^/]+$/, false, 'read-only (EROFS)'],
    ['fsync', 'EIO', /\.tmp$/, true, 'the disk reports an error (EIO)'],
    ['access', 'EPERM', /compose.yaml$/, false, 'it is immutable, or belongs to somebody else (EPERM)'],
    ['rename', 'EPERM', /compose.yaml$/, false, 'may not replace it'],
    ['rename', 'EIO', /compose.yaml$/, true, 'check the disk'],
    ['rename', 'EMFILE', /compose.yaml$/, true, 'rename failed (EMFILE)'],
  ])(
    'at %s with %s leaves the file as it was and nothing beside it but the backup',
    async (syscall, code, at, retryable, part) => {
      const { root, project } = await projectOf({ 'compose.yaml': BEFORE });
      faults.set(syscall, { code, at });
      await expect(project.replace('compose.yaml', CHANGE)).rejects.toMatchObject({
        type: 'FileNotWritten',
        retryable,
        message: expect.stringContaining(part),
      });
      const { 'compose.yaml.before-1': backup = BEFORE, ...others } = await contentsOf(root);
      expect(others).toEqual({ 'compose.yaml': BEFORE });
      expect(backup).toBe(BEFORE);
      faults.clear();
      expect(await project.replace('compose.yaml', CHANGE)).toMatchObject({ written: true });
    },
  );

  it('after the rename says that the new content is in place, and the next attempt confirms it', async () => {
    const { root, project } = await projectOf({ 'compose.yaml': BEFORE });
    faults.set('fsync', { code: 'EIO', at: /project$/ });
    await expect(project.replace('compose.yaml', CHANGE)).rejects.toMatchObject({
      type: 'FileNotWritten',
      retryable: true,
      message: expect.stringContaining('has its new content, which may not outlive a loss of power (EIO)'),
    });
    expect((await contentsOf(root))['compose.yaml']).toBe(CHANGE.content);
    faults.clear();
    expect(await project.replace('compose.yaml', CHANGE)).toMatchObject({ written: false });
  });

  it('is found by the proof beforehand, which leaves nothing', async () => {
    const { root, project } = await projectOf({ 'compose.yaml': BEFORE });
    faults.set('fsync', { code: 'EDQUOT', at: /\.tmp$/ });
    await expect(project.writable('compose.yaml')).rejects.toMatchObject({
      type: 'FileNotWritten',
      retryable: true,
    });
    expect(await contentsOf(root)).toEqual({ 'compose.yaml': BEFORE });
  });
});

describe('a read that fails', () => {
  it.each([
    ['EACCES', 'AccessDenied', 'cannot be read by user'],
    ['EIO', 'Unreachable', 'could not be read (EIO)'],
  ])('with %s is %s', async (code, type, part) => {
    const { project } = await projectOf({ 'compose.yaml': BEFORE });
    faults.set('open', { code, at: /compose.yaml$/ });
    await expect(project.read('compose.yaml')).rejects.toMatchObject({
      type,
      message: expect.stringContaining(part),
    });
  });
});
