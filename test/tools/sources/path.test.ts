import { chmod } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { expect, test } from 'vitest';
import { path } from '../../../tools/sources/path.ts';
import { contextWith, etcdOf, temporaryFolder, writeProgram } from '../surroundings.ts';

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

test('has nothing where PATH is empty or relative', async () => {
  for (const PATH of ['', '.', 'bin:./bin']) {
    expect(await path.find(await contextWith({ env: { PATH } }))).toEqual({ missing: 'no etcd on PATH' });
  }
});
