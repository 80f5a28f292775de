import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { temporaryFolder } from './surroundings.ts';

/** A package whose only dependency is a stand-in for the package `node`, so that npm needs no network. */
async function checkout(nodePackage: 'ready' | 'needs its install script' = 'ready'): Promise<string> {
  const root = await temporaryFolder();
  const source = join(import.meta.dirname, '../../tools/start.mjs');
  const stub = join(root, 'stub');
  await mkdir(join(root, 'tools'));
  await mkdir(join(stub, 'bin'), { recursive: true });
  await copyFile(source, join(root, 'tools', 'start.mjs'));
  const link = `mkdir -p bin && ln -sf "$REAL_NODE" bin/node`;
  const scripts = nodePackage === 'ready' ? {} : { scripts: { preinstall: link } };
  await writeFile(join(stub, 'package.json'), JSON.stringify({ name: 'node', version: '1.0.0', ...scripts }));
  if (nodePackage === 'ready') await symlink(process.execPath, join(stub, 'bin', 'node'));
  await writeLock(root, '1.0.0');
  return root;
}

async function writeLock(root: string, version: string): Promise<void> {
  const own = { name: 'fixture', version, dependencies: { node: 'file:stub' } };
  const packages = {
    '': own,
    'node_modules/node': { resolved: 'stub', link: true },
    stub: { name: 'node', version: '1.0.0' },
  };
  await writeFile(join(root, 'package.json'), JSON.stringify(own));
  const lock = { name: 'fixture', version, lockfileVersion: 3, requires: true, packages };
  await writeFile(join(root, 'package-lock.json'), JSON.stringify(lock));
}

interface Start {
  readonly child: ChildProcess;
  readonly ended: Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }>;
}

function start(root: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Start {
  const child = spawn(process.execPath, ['tools/start.mjs', ...args], {
    cwd: root,
    env: {
      PATH: process.env.PATH,
      HOME: root,
      REAL_NODE: process.execPath,
      npm_config_offline: 'true',
      npm_config_cache: join(root, '.npm'),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, stdout, stderr }));
  return { child, ended };
}

const installations = (stderr: string) => stderr.match(/npm packages installed in/g)?.length ?? 0;

test('installs the packages once, then runs the script with its arguments and ends as it ends', async () => {
  const root = await checkout();
  const script = ['-e', 'console.log(process.execPath, process.argv[1]); process.exit(7)', 'argument'];
  const first = await start(root, script).ended;
  expect(first).toMatchObject({ code: 7, signal: null, stdout: `${process.execPath} argument\n` });
  expect(installations(first.stderr)).toBe(1);
  const second = await start(root, script).ended;
  expect(second).toMatchObject({ code: 7, stderr: '' });
});

test('installs again when package-lock.json is another', async () => {
  const root = await checkout();
  await start(root, ['-e', '0']).ended;
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'));
  lock.packages['node_modules/later'] = { version: '1.0.0', optional: false };
  await writeFile(join(root, 'package-lock.json'), JSON.stringify(lock));
  const { stderr } = await start(root, ['-e', '0']).ended;
  expect(stderr).toMatch(/installing the npm packages/);
});

test('accepts a lock file without the optional packages of other platforms', async () => {
  const root = await checkout();
  const optionalDependencies = { 'only-for-another-platform': '1.0.0' };
  const stub = { name: 'node', version: '1.0.0', optionalDependencies };
  await writeFile(join(root, 'stub', 'package.json'), JSON.stringify(stub));
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8'));
  lock.packages.stub = stub;
  const text = JSON.stringify(lock);
  await writeFile(join(root, 'package-lock.json'), text);
  expect(await start(root, ['-p', '1 + 1']).ended).toMatchObject({ code: 0, stdout: '2\n' });
  expect(await readFile(join(root, 'package-lock.json'), 'utf8')).toBe(text);
});

test('leaves packages alone that somebody installed by hand from the same package-lock.json', async () => {
  const root = await checkout();
  await start(root, ['-e', '0']).ended;
  await rm(join(root, 'node_modules', '.installed-from'));
  expect(await start(root, ['-e', '0']).ended).toMatchObject({ code: 0, stderr: '' });
});

test('two starts at once install once', async () => {
  const root = await checkout();
  const ends = await Promise.all([start(root, ['-e', '0']).ended, start(root, ['-e', '0']).ended]);
  expect(ends.map(({ code }) => code)).toEqual([0, 0]);
  expect(installations(ends.map(({ stderr }) => stderr).join())).toBe(1);
});

test('takes over from a start that was killed while it installed', async () => {
  const root = await checkout();
  const gone = spawn(process.execPath, ['-e', '0']);
  await once(gone, 'exit');
  await mkdir(join(root, '.runbook'));
  const lock = join(root, '.runbook', 'install.lock');
  await writeFile(lock, JSON.stringify({ pid: gone.pid, host: hostname() }));
  await mkdir(join(root, 'node_modules', 'half-done'), { recursive: true });
  expect(await start(root, ['-e', '0']).ended).toMatchObject({ code: 0 });
  await expect(readFile(lock)).rejects.toThrow('ENOENT');
});

test('shows what npm says when it fails, and leaves no lock', async () => {
  const root = await checkout();
  await writeFile(join(root, 'package.json'), '{ not json');
  const { code, stderr, stdout } = await start(root, ['-e', 'console.log("ran")']).ended;
  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toMatch(/EJSONPARSE[\s\S]*npm failed \(1\); mend what it says above, then try again/);
  await expect(readFile(join(root, '.runbook', 'install.lock'))).rejects.toThrow('ENOENT');
});

test('runs the install script of the package node where scripts are switched off', async () => {
  const root = await checkout('needs its install script');
  const ended = await start(root, ['-p', '1 + 1'], { npm_config_ignore_scripts: 'true' }).ended;
  expect(ended).toMatchObject({ code: 0, stdout: '2\n' });
});

test('says what to do when the locked Node did not come', async () => {
  const root = await checkout('needs its install script');
  await writeFile(join(root, 'stub', 'package.json'), JSON.stringify({ name: 'node', version: '1.0.0' }));
  const { code, stderr } = await start(root, ['-e', '0']).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(/the locked Node was not installed[\s\S]*npm rebuild node/);
});

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
  'passes %s on and waits for the script',
  async (signal) => {
    const root = await checkout();
    await start(root, ['-e', '0']).ended;
    const script = `process.on('${signal}', () => process.exit(5)); setInterval(() => {}, 1000); console.log('up')`;
    const { child, ended } = start(root, ['-e', script]);
    if (child.stdout) await once(child.stdout, 'data');
    child.kill(signal);
    expect(await ended).toMatchObject({ code: 5, signal: null });
  },
);

test('ends by the signal that ended the script', async () => {
  const root = await checkout();
  await start(root, ['-e', '0']).ended;
  const { ended } = start(root, ['-e', 'process.kill(process.pid, "SIGKILL")']);
  expect(await ended).toMatchObject({ code: null, signal: 'SIGKILL' });
});
