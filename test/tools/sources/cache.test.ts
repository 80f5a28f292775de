import { mkdir, readdir, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { receive } from '../../../tools/receipt.ts';
import { cache } from '../../../tools/sources/cache.ts';
import type { SourceContext } from '../../../tools/sources/source.ts';
import { contextWith, etcdOf, writeProgram } from '../surroundings.ts';

async function filledCache(): Promise<SourceContext & { program: string }> {
  const context = await contextWith();
  await receive(await writeProgram(join(context.folder, '.new', 'etcd'), etcdOf('3.6.8')), context);
  return { ...context, program: join(context.folder, 'etcd') };
}

test('finds what was received before', async () => {
  const { program, ...context } = await filledCache();
  expect(await cache.find(context)).toEqual({ path: program, version: '3.6.8' });
});

test('has nothing in an empty folder', async () => {
  const context = await contextWith();
  expect(await cache.find(context)).toEqual({ missing: `not in the cache (${context.folder})` });
});

test.each([
  ['empty', (program: string) => writeFile(program, '')],
  ['truncated', async (program: string) => truncate(program, (await readFile(program)).length - 1)],
  ['overwritten', (program: string) => writeFile(program, 'not a program at all')],
])('removes a file that is %s, and says so', async (_, breakIt) => {
  const { program, ...context } = await filledCache();
  await breakIt(program);
  const lines: string[] = [];
  const result = await cache.find({ ...context, progress: (line) => lines.push(line) });
  expect(result).toHaveProperty('missing');
  expect(lines.join()).toMatch(/^etcd in the cache .*; replacing it$/);
  expect(await readdir(context.folder)).not.toContain('etcd');
});

test('removes a folder that stands in the place of the program', async () => {
  const context = await contextWith();
  await mkdir(join(context.folder, 'etcd'));
  expect(await cache.find(context)).toHaveProperty('missing');
  expect(await readdir(context.folder)).toEqual([]);
});

test('what does not run or is of another version is not received', async () => {
  const context = await contextWith();
  const wrong = await writeProgram(join(context.folder, '.new', 'etcd'), etcdOf('2.0.0'));
  expect(await receive(wrong, context)).toEqual({
    missing: 'what it brought is version 2.0.0, accepted is 3.6 or newer',
  });
  expect(await readdir(context.folder)).toEqual(['.new']);
});
