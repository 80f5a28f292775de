import { mkdir, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { contentHash } from '../../../../src/targets/compose/files/content-hash.ts';
import { contentsOf, projectOf } from './surroundings.ts';

/** What happens right after a call of the file system returned, or right before it is made: another process is fast. */
const meanwhile = vi.hoisted(() => ({
  afterRealpath: [] as (() => Promise<void>)[],
  beforeRename: [] as (() => Promise<void>)[],
}));

vi.mock('node:fs/promises', async (actual) => {
  const real = await actual<typeof import('node:fs/promises')>();
  return {
    ...real,
    realpath: async (path: string) => {
      const found = await real.realpath(path);
      await meanwhile.afterRealpath.shift()?.();
      return found;
    },
    rename: async (from: string, to: string) => {
      await meanwhile.beforeRename.shift()?.();
      return real.rename(from, to);
    },
  };
});

const BEFORE = 'inside: 2\n';
const AFTER = 'inside: 1\n';
const CHANGE = { expect: contentHash(BEFORE), content: AFTER, backupSuffix: 'before-1' };
const OUTSIDE = { 'app.yaml': 'secret: outside\n' };
const nothing = async () => undefined;

beforeEach(() => {
  meanwhile.afterRealpath = [];
  meanwhile.beforeRename = [];
});

async function world() {
  const { root, outside, project } = await projectOf({ 'config/app.yaml': BEFORE });
  const real = await vi.importActual<typeof import('node:fs/promises')>('node:fs/promises');
  const moveFolder = () => real.rename(join(root, 'config'), join(root, 'moved'));
  return {
    root,
    outside,
    project,
    moveFolder,
    /** The folder moves away, and a link out of the project takes its place. */
    swapFolder: async () => {
      await moveFolder();
      await symlink(outside, join(root, 'config'));
    },
    swapFile: async () => {
      await rm(join(root, 'config/app.yaml'));
      await symlink(join(outside, 'app.yaml'), join(root, 'config/app.yaml'));
    },
  };
}

const refused = {
  type: 'ComposeFileUnsupported',
  message: expect.stringMatching(/leads out of the project folder .*, which is never left/),
};

describe('between the check of a path and its use', () => {
  it.each(['swapFolder', 'swapFile'] as const)('%s leads no read out of the project', async (swap) => {
    const { project, ...others } = await world();
    meanwhile.afterRealpath = [others[swap]];
    await expect(project.read('config/app.yaml')).rejects.toMatchObject(refused);
  });

  it.each(['swapFolder', 'swapFile'] as const)('%s leads no write out of the project', async (swap) => {
    const { root, outside, project, ...others } = await world();
    meanwhile.afterRealpath = [others[swap]];
    await expect(project.replace('config/app.yaml', CHANGE)).rejects.toMatchObject(refused);
    expect(await contentsOf(outside)).toEqual(OUTSIDE);
    expect(Object.values(await contentsOf(root))).not.toContain(AFTER);
  });

  it('a file that was removed is not there', async () => {
    const { root, project } = await world();
    meanwhile.afterRealpath = [() => rm(join(root, 'config'), { recursive: true })];
    expect(await project.read('config/app.yaml')).toBeUndefined();
  });
});

describe('a swap between the first check and the rename', () => {
  it('of the folder is refused; inside and outside are as they were', async () => {
    const { root, outside, project, swapFolder } = await world();
    // The backup's rename comes first: the last check before the file's own rename sees the swap.
    meanwhile.beforeRename = [swapFolder];
    await expect(project.replace('config/app.yaml', CHANGE)).rejects.toMatchObject(refused);
    expect(await contentsOf(outside)).toEqual(OUTSIDE);
    expect(await contentsOf(join(root, 'moved'))).toEqual({
      'app.yaml': BEFORE,
      'app.yaml.before-1': BEFORE,
    });
  });

  it('of the folder for another one is a change by somebody else', async () => {
    const { root, project, moveFolder } = await world();
    meanwhile.beforeRename = [
      async () => {
        await moveFolder();
        await mkdir(join(root, 'config'));
        await writeFile(join(root, 'config/app.yaml'), BEFORE);
      },
    ];
    await expect(project.replace('config/app.yaml', CHANGE)).rejects.toMatchObject({
      type: 'WorkloadChanged',
    });
    expect(Object.values(await contentsOf(root))).not.toContain(AFTER);
  });

  it('of the folder in the very last moment still writes nothing outside', async () => {
    const { outside, project, swapFolder } = await world();
    meanwhile.beforeRename = [nothing, swapFolder];
    await project.replace('config/app.yaml', CHANGE);
    expect(await contentsOf(outside)).toEqual(OUTSIDE);
  });

  it('of the file for a link in the very last moment replaces the link, not what it leads to', async () => {
    const { root, outside, project, swapFile } = await world();
    meanwhile.beforeRename = [nothing, swapFile];
    await project.replace('config/app.yaml', CHANGE);
    expect(await contentsOf(outside)).toEqual(OUTSIDE);
    expect(await realpath(join(root, 'config/app.yaml'))).toBe(join(root, 'config/app.yaml'));
  });

  it('of where a link inside leads is a change by somebody else', async () => {
    const { root, project } = await world();
    await mkdir(join(root, 'next'));
    await writeFile(join(root, 'next/app.yaml'), BEFORE);
    await symlink('config', join(root, 'current'));
    const relink = async () => {
      await rm(join(root, 'current'));
      await symlink('next', join(root, 'current'));
    };
    meanwhile.beforeRename = [relink];
    await expect(project.replace('current/app.yaml', CHANGE)).rejects.toMatchObject({
      type: 'WorkloadChanged',
    });
    expect(Object.values(await contentsOf(root))).not.toContain(AFTER);
  });

  it('of the content by an editor is not written over', async () => {
    const { root, project } = await world();
    meanwhile.beforeRename = [() => writeFile(join(root, 'config/app.yaml'), 'edited\n')];
    await expect(project.replace('config/app.yaml', CHANGE)).rejects.toMatchObject({
      type: 'WorkloadChanged',
    });
    expect(await contentsOf(join(root, 'config'))).toEqual({
      'app.yaml': 'edited\n',
      'app.yaml.before-1': BEFORE,
    });
  });
});

it('between two calls is refused by each of them', async () => {
  const { outside, project, swapFolder } = await world();
  expect(await project.read('config/app.yaml')).toMatchObject({ text: BEFORE });
  await swapFolder();
  await expect(project.read('config/app.yaml')).rejects.toMatchObject(refused);
  await expect(project.writable('config/app.yaml')).rejects.toMatchObject(refused);
  await expect(project.replace('config/app.yaml', CHANGE)).rejects.toMatchObject(refused);
  expect(await contentsOf(outside)).toEqual(OUTSIDE);
});
