import { execFileSync } from 'node:child_process';
import { chmod, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { contentHash } from '../../../../src/targets/compose/files/content-hash.ts';
import { ProjectFolder } from '../../../../src/targets/compose/files/project-folder.ts';
import { projectOf, temporaryFolder } from './surroundings.ts';

const refused = (part: string) => ({
  type: 'ComposeFileUnsupported',
  retryable: false,
  message: expect.stringContaining(part),
});

describe('a project folder', () => {
  it.each(['none', 'none/below', 'file', 'file/below'])(
    'that is not there (%s) is a missing workload',
    async (name) => {
      const folder = await temporaryFolder();
      await writeFile(join(folder, 'file'), '');
      await expect(ProjectFolder.open(join(folder, name))).rejects.toMatchObject({
        type: 'WorkloadMissing',
        message: expect.stringContaining(join(folder, name)),
      });
    },
  );

  it('may be reached by a link: its real path is what counts from then on', async () => {
    const { root, outside } = await projectOf({ 'compose.yaml': 'services: {}\n' });
    const link = join(outside, 'current');
    await symlink(root, link);
    const project = await ProjectFolder.open(link);
    expect(project.path).toBe(root);
    expect(await project.read(join(link, 'compose.yaml'))).toMatchObject({
      path: join(root, 'compose.yaml'),
    });
    expect(await project.read(join(link, '.env'))).toBeUndefined();
  });

  it('that was swapped for a link after it was opened is refused', async () => {
    const { root, outside, project } = await projectOf({ 'app.yaml': 'inside\n' });
    await rename(root, `${root}-away`);
    await symlink(outside, root);
    await expect(project.read('app.yaml')).rejects.toMatchObject(refused('leads out of the project folder'));
  });
});

describe('a read', () => {
  it('gives bytes, text, hash, mode and owner of exactly what is there', async () => {
    const bytes = Buffer.from('\uFEFFservices:\r\n  app: # größe\r\n    image: "a:1"\r\n');
    const { root, project } = await projectOf({ 'compose.yaml': bytes });
    await chmod(join(root, 'compose.yaml'), 0o640);
    const file = await project.read('compose.yaml');
    expect(file).toEqual({
      path: join(root, 'compose.yaml'),
      bytes,
      text: bytes.toString(),
      isText: true,
      sha256: contentHash(bytes),
      mode: 0o640,
      uid: process.getuid?.(),
      gid: process.getgid?.(),
    });
    expect(Buffer.from(file?.text ?? '')).toEqual(bytes);
  });

  it('says of bytes that are no text that they are none', async () => {
    const { project } = await projectOf({ 'logo.bin': Buffer.from([0xff, 0xfe, 0x00]) });
    expect(await project.read('logo.bin')).toMatchObject({
      isText: false,
      bytes: Buffer.from([0xff, 0xfe, 0x00]),
    });
  });

  it.each(['none', 'none/below', 'app.yaml/below', 'a/../none'])(
    'knows that %s is not there',
    async (path) => {
      const { project } = await projectOf({ 'app.yaml': '' });
      expect(await project.read(path)).toBeUndefined();
    },
  );

  it('follows a link that stays inside, and names the real file', async () => {
    const { root, project } = await projectOf({ 'releases/2/compose.yaml': 'two\n' });
    await symlink('releases/2', join(root, 'current'));
    await symlink('current/compose.yaml', join(root, 'compose.yaml'));
    expect(await project.read('compose.yaml')).toMatchObject({
      path: join(root, 'releases/2/compose.yaml'),
      text: 'two\n',
    });
  });

  it.each([
    ['dots', '../outside/app.yaml'],
    ['an absolute path', '/etc/hostname'],
    ['dots to what is not there', '../outside/none'],
    ['an absolute path to what is not there', '/none/none'],
    ['a neighbour whose name begins alike', '../project-2/app.yaml'],
    ['a link to a file', 'file-link'],
    ['a link to a folder', 'folder-link/app.yaml'],
    ['a link to a folder, for what is not there', 'folder-link/none'],
    ['a link to a link', 'link-link'],
  ])('never leaves the folder: %s', async (_title, path) => {
    const { root, outside, project } = await projectOf({ 'compose.yaml': '' });
    await mkdir(`${root}-2`);
    await writeFile(`${root}-2/app.yaml`, 'near\n');
    await symlink(join(outside, 'app.yaml'), join(root, 'file-link'));
    await symlink('../outside', join(root, 'folder-link'));
    await symlink('file-link', join(root, 'link-link'));
    await expect(project.read(path)).rejects.toMatchObject(refused('leads out of the project folder'));
  });

  it('refuses a link to what is not there, and one that goes round in circles', async () => {
    const { root, project } = await projectOf({ 'compose.yaml': '' });
    await symlink('none', join(root, 'dangling'));
    await symlink('circle', join(root, 'circle'));
    await expect(project.read('dangling')).rejects.toMatchObject(
      refused('is a link to a file that is not there'),
    );
    await expect(project.read('circle')).rejects.toMatchObject(refused('is not a usable path (ELOOP)'));
    await expect(project.read('a\0b')).rejects.toMatchObject(refused('is not a usable path'));
  });

  it('refuses what is not a regular file, without waiting for it', async () => {
    const { root, project } = await projectOf({ 'folder/compose.yaml': '' });
    execFileSync('mkfifo', [join(root, 'pipe')]);
    const server = createServer().listen(join(root, 'socket'));
    onTestFinished(() => void server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    for (const path of ['folder', '.', 'pipe', 'socket']) {
      await expect(project.read(path)).rejects.toMatchObject(refused('is not a regular file'));
    }
  });

  it('refuses a file above the limit, and takes one of exactly the limit', async () => {
    const { project } = await projectOf({
      at: 'x'.repeat(100),
      above: 'x'.repeat(101),
      big: Buffer.alloc(1024 * 1024),
    });
    expect(await project.read('at', { limitBytes: 100 })).toMatchObject({ mode: 0o644 });
    expect((await project.read('big'))?.bytes).toHaveLength(1024 * 1024);
    await expect(project.read('above', { limitBytes: 100 })).rejects.toMatchObject(
      refused('larger than 100 bytes'),
    );
  });
});
