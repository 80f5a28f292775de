import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { until } from '../../tools/until.ts';
import { isRunning } from '../sandbox/programs/running.ts';
import { temporaryFolder, writeProgram } from './surroundings.ts';

const ROOT = join(import.meta.dirname, '../..');

/** A package whose only dependency is a stand-in for the package `node`, so that npm needs no network. */
async function checkout(nodePackage: 'ready' | 'needs its install script' = 'ready'): Promise<string> {
  const root = await temporaryFolder();
  const stub = join(root, 'stub');
  for (const part of ['bin', 'tools/start', 'tools/start.mjs']) {
    await cp(join(ROOT, part), join(root, part), { recursive: true });
  }
  await mkdir(join(stub, 'bin'), { recursive: true });
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

interface StartOptions {
  readonly program?: string;
  readonly env?: NodeJS.ProcessEnv;
}

function start(
  root: string,
  args: readonly string[],
  { program = 'tools/start.mjs', env = {} }: StartOptions = {},
): Start {
  const child = spawn(process.execPath, [program, ...args], {
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

test('package-lock.json has the optional packages of every platform, without which npm ci refuses it there', async () => {
  const { packages } = JSON.parse(await readFile(join(ROOT, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, { optionalDependencies?: Record<string, string>; resolved?: string }>;
  };
  const missing = Object.entries(packages).flatMap(([path, { optionalDependencies = {} }]) =>
    Object.keys(optionalDependencies).filter(
      (name) => !packages[`node_modules/${name}`] && !packages[`${path}/node_modules/${name}`],
    ),
  );
  expect(missing).toEqual([]);
});

/** An npm that notes what it is asked, and on which Node, and then does this. */
async function fakeNpm(root: string, script: string): Promise<NodeJS.ProcessEnv> {
  const cli = join(root, 'npm-cli.js');
  await writeFile(
    cli,
    `const { appendFileSync, mkdirSync, symlinkSync, writeFileSync } = require('node:fs');
     const { spawn } = require('node:child_process');
     appendFileSync('asked', process.argv0 + ' ' + process.argv[2] + '\\n');
     ${script}`,
  );
  return { npm_execpath: cli };
}
const BRINGS_NODE = `mkdirSync('node_modules/node/bin', { recursive: true });
  try { symlinkSync(process.execPath, 'node_modules/node/bin/node'); } catch {}`;

test('completes the packages on the locked Node: npm leaves out optional ones that do not fit the Node it runs on', async () => {
  const root = await checkout();
  const env = await fakeNpm(root, BRINGS_NODE);
  expect(await start(root, ['-e', '0'], { env }).ended).toMatchObject({ code: 0 });
  const asked = await readFile(join(root, 'asked'), 'utf8');
  const locked = join(root, 'node_modules', 'node', 'bin', 'node');
  expect(asked).toBe(`${process.execPath} ci\n${locked} install\n`);
});

test.each(['SIGTERM', 'SIGINT'] as const)(
  '%s during the installation ends npm with what it started, and leaves no lock',
  async (signal) => {
    const root = await checkout();
    const sleeping = `process.on('SIGINT', () => {});
      const { pid } = spawn('sh', ['-c', 'trap "" TERM INT; exec sleep 60'], { stdio: 'ignore' });
      writeFileSync('pids', process.pid + ' ' + pid);`;
    const { child, ended } = start(root, ['-e', '0'], { env: await fakeNpm(root, sleeping) });
    const pids = await until('npm to be at work', async () => {
      const text = await readFile(join(root, 'pids'), 'utf8').catch(() => '');
      return / \d/.test(text) && text.split(' ').map(Number);
    });
    child.kill(signal);
    expect(await ended).toMatchObject({ code: null, signal });
    // A process that was killed takes a moment to end.
    await until('npm and what it started to end', async () => !pids.some(isRunning), { withinMs: 10_000 });
    await expect(readFile(join(root, '.runbook', 'install.lock'))).rejects.toThrow('ENOENT');
  },
);

test('installs again when the packages came from another kind of machine', async () => {
  const root = await checkout();
  await start(root, ['-e', '0']).ended;
  const stamp = join(root, 'node_modules', '.installed-from');
  const [hash] = (await readFile(stamp, 'utf8')).split(' ');
  await writeFile(stamp, `${hash} plan9-mips`);
  const { code, stderr } = await start(root, ['-e', '0']).ended;
  expect(code).toBe(0);
  expect(installations(stderr)).toBe(1);
  expect(await readFile(stamp, 'utf8')).toBe(`${hash} ${process.platform}-${process.arch}`);
});

test('installs again where nobody knows whence the packages came and their Node does not run', async () => {
  const root = await checkout();
  await start(root, ['-e', '0']).ended;
  await rm(join(root, 'node_modules', '.installed-from'));
  const node = join(root, 'stub', 'bin', 'node');
  await rm(node);
  await writeProgram(node, 'exit 126');
  const env = await fakeNpm(
    root,
    `require('node:fs').rmSync('stub/bin/node'); symlinkSync(process.execPath, 'stub/bin/node')`,
  );
  const { stderr } = await start(root, ['-e', '0'], { env }).ended;
  expect(stderr).toMatch(/installing the npm packages/);
});

test('says in one sentence that the packages cannot be installed where nothing can be written', async () => {
  const root = await checkout();
  // Root may write into every folder, but nobody into a file as if it were one.
  await writeFile(join(root, '.runbook'), '');
  const { code, stderr } = await start(root, ['-e', '0']).ended;
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /^the npm packages have to be installed once, and .*\.runbook cannot be written \(EEXIST\)/,
  );
  expect(stderr.trim().split('\n')).toHaveLength(1);
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
  const ended = await start(root, ['-p', '1 + 1'], { env: { npm_config_ignore_scripts: 'true' } }).ended;
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

test.each(['SIGTERM', 'SIGINT'] as const)(
  'runbook passes %s on to the command, whose arguments are its own',
  async (signal) => {
    const root = await checkout();
    await start(root, ['-e', '0']).ended;
    await mkdir(join(root, 'src', 'cli'), { recursive: true });
    const script = `process.on('${signal}', () => process.exit(5)); setInterval(() => {}, 1000);
    console.log(process.argv.slice(2).join())`;
    await writeFile(join(root, 'src', 'cli', 'main.ts'), script);
    const { child, ended } = start(root, ['status', '--json'], { program: 'bin/runbook.mjs' });
    if (child.stdout) await once(child.stdout, 'data');
    child.kill(signal);
    expect(await ended).toMatchObject({ code: 5, signal: null, stdout: 'status,--json\n' });
  },
);
