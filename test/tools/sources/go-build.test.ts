import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { goBuild } from '../../../tools/sources/go-build.ts';
import { contextWith, ENTRY, temporaryFolder, writeProgram } from '../surroundings.ts';

const variables = { 'example.com/version.is': 'v3.6.8', 'example.com/version.major': '3' };
const go = { folder: 'kubernetes', package: 'go.etcd.io/etcd/server/v3', variables };
const entry = { ...ENTRY, go };

async function withGo(script: string) {
  const root = await temporaryFolder();
  await writeProgram(join(root, 'bin', 'go'), script);
  const folder = join(root, 'tools', 'etcd');
  await mkdir(folder, { recursive: true });
  return contextWith({ entry, folder, env: { PATH: `${root}/bin:/usr/bin:/bin`, LOG: join(root, 'log') } });
}

/** Answers like Go 1.30, and "builds" a script. */
const BUILDING = `if [ "$1" = env ]; then echo go1.30.1; exit; fi
echo "$CGO_ENABLED $GOFLAGS $GOTOOLCHAIN $GOWORK $@ in $PWD" > "$LOG"
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\\necho "etcd Version: 3.6.8"\\n' > "$2"`;

test('builds into the folder, and says that this happens once', async () => {
  const context = await withGo(BUILDING);
  const lines: string[] = [];
  const found = await goBuild.find({ ...context, progress: (line) => lines.push(line) });
  expect(found).toEqual({ path: join(context.folder, 'etcd'), version: '3.6.8' });
  expect(await readdir(context.folder)).toEqual(['etcd', 'etcd.bytes']);
  expect(await readdir(join(context.folder, '..'))).toEqual(['etcd']);
  expect(lines.join()).toMatch(/building etcd 3\.6\.8 .*this happens once/);
});

test('builds what the module files pin, with the toolchain that is there, and with a version that can be read', async () => {
  const context = await withGo(BUILDING);
  await goBuild.find(context);
  const asked = await readFile(context.env.LOG ?? '', 'utf8');
  expect(asked).toMatch(/^0 -mod=readonly local off build -trimpath /);
  expect(asked).toContain(' -X example.com/version.is=v3.6.8 -X example.com/version.major=3 -o ');
  expect(asked).toMatch(/ go\.etcd\.io\/etcd\/server\/v3 in \S+\/tools\/kubernetes$/m);
});

/** Another process that holds the lock until it is killed. */
async function otherBuild(file: string): Promise<ChildProcess> {
  const module = join(import.meta.dirname, '../../../src/locks/lock-file.ts');
  const script = `const { takeLockFile } = await import(${JSON.stringify(module)});
    await takeLockFile(${JSON.stringify(file)}, { signal: new AbortController().signal, waitMs: 0 });
    console.log('held'); setInterval(() => {}, 1e6);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

test('says that it waits for the build of another process, whose, and again while that lasts', async () => {
  const context = await withGo(BUILDING);
  const other = await otherBuild(join(context.folder, '..', 'go-build.lock'));
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
  onTestFinished(() => void vi.useRealTimers());
  const lines: string[] = [];
  const waiting = `building etcd waits for the Go build of process ${other.pid} on ${hostname()}`;
  const finding = goBuild.find({ ...context, progress: (line) => lines.push(line) });
  await vi.waitFor(() => expect(lines).toEqual([`${waiting} ...`]));
  vi.advanceTimersByTime(20_000);
  expect(lines.slice(1)).toEqual([`${waiting}: 10 s ...`, `${waiting}: 20 s ...`]);
  vi.useRealTimers();
  other.kill('SIGKILL');
  expect(await finding).toMatchObject({ version: '3.6.8' });
  expect(lines.slice(3)).toEqual([expect.stringMatching(/^building etcd 3\.6\.8 /)]);
});

test.each([
  ['too old', 'echo go1.25.9', 'Go 1.25 is too old (1.26 or newer is needed)'],
  ['broken', 'echo no such thing; exit 2', 'go env GOVERSION: no such thing'],
])('does not begin with a Go that is %s', async (_, script, missing) => {
  expect(await goBuild.find(await withGo(script))).toEqual({ missing });
});

test('says that Go is not installed', async () => {
  const context = await contextWith({ entry, env: { PATH: await temporaryFolder() } });
  expect(await goBuild.find(context)).toEqual({
    missing: 'Go is not installed (1.26 or newer is needed)',
  });
});

test('says why a build failed, and leaves nothing behind', async () => {
  const context = await withGo(
    'if [ "$1" = env ]; then echo go1.26.0; else echo "dial tcp: no route" >&2; exit 1; fi',
  );
  expect(await goBuild.find(context)).toEqual({ missing: 'go build: dial tcp: no route' });
  expect(await readdir(context.folder)).toEqual([]);
});
