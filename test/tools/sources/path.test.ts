import { chmod } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { path } from '../../../tools/sources/path.ts';
import { contextWith, ENTRY, etcdOf, temporaryFolder, writeProgram } from '../surroundings.ts';

test('takes the first suitable program and says which it passed over', async () => {
  const folder = await temporaryFolder();
  const folders = ['old', 'plain-file', 'right', 'later'].map((name) => join(folder, name));
  await writeProgram(join(folder, 'old', 'etcd'), etcdOf('3.5.9'));
  await chmod(await writeProgram(join(folder, 'plain-file', 'etcd'), etcdOf('3.6.0')), 0o644);
  await writeProgram(join(folder, 'right', 'etcd'), etcdOf('3.6.1'));
  await writeProgram(join(folder, 'later', 'etcd'), etcdOf('3.6.2'));
  const context = await contextWith({ env: { PATH: folders.join(delimiter) } });
  expect(await path.find(context)).toEqual({ path: join(folder, 'right', 'etcd'), version: '3.6.1' });
});

test('tells by a progress line that one is too old', async () => {
  const folder = await temporaryFolder();
  await writeProgram(join(folder, 'etcd'), etcdOf('3.5.9'));
  const lines: string[] = [];
  const context = await contextWith({ env: { PATH: folder }, progress: (line) => lines.push(line) });
  const reason = `${join(folder, 'etcd')} is version 3.5.9, accepted is 3.6 or newer`;
  expect(await path.find(context)).toEqual({ missing: reason });
  expect(lines).toEqual([`passing over ${reason}`]);
});

test('looks into folders of its own after PATH, with the home folder filled in', async () => {
  const folder = await temporaryFolder();
  await writeProgram(join(folder, 'old', 'etcd'), etcdOf('3.5.9'));
  const plugin = await writeProgram(join(folder, '.docker', 'plugins', 'etcd'), etcdOf('3.6.3'));
  const entry = { ...ENTRY, folders: [join(folder, 'none'), '~/.docker/plugins'] };
  const context = await contextWith({ entry, env: { PATH: join(folder, 'old'), HOME: folder } });
  expect(await path.find(context)).toEqual({ path: plugin, version: '3.6.3' });
  expect(await path.find({ ...context, env: {} })).toEqual({ missing: 'no etcd on PATH' });
});

test('has nothing where PATH is empty or relative', async () => {
  for (const PATH of ['', '.', 'bin:./bin']) {
    expect(await path.find(await contextWith({ env: { PATH } }))).toEqual({ missing: 'no etcd on PATH' });
  }
});
