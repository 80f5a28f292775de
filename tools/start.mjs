// The start of every npm script. Runs on any Node >= 18 without packages: installs them when they are missing or
// were installed from another package-lock.json, then runs the script on the locked Node.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const lockfile = join(root, 'package-lock.json');
const stamp = join(modules, '.installed-from');
const node = join(modules, 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
/** The installing process touches its lock file this often; one that was not touched for long has lost its owner. */
const BEAT_MS = 5000;
const SILENT_MS = 60_000;
const PATIENCE_MS = 15 * 60_000;
const INSTALL_MS = 15 * 60_000;

await makePackagesCurrent();
runOnLockedNode(process.argv.slice(2));

async function makePackagesCurrent() {
  if (isCurrent()) return;
  const release = await takeLock(join(root, '.runbook', 'install.lock'));
  try {
    if (!isCurrent()) await install();
  } catch (error) {
    release();
    fail(error.message);
  }
  release();
}

/** What the packages must have been installed from: this lock file, on this kind of machine. */
function wanted() {
  const hash = createHash('sha256').update(readFileSync(lockfile)).digest('hex');
  return `${hash} ${process.platform}-${process.arch}`;
}

function isCurrent() {
  if (!existsSync(node)) return false;
  if (textOf(stamp) === wanted()) return true;
  if (!treeAgrees()) return false;
  leaveStamp();
  return true;
}

/** Whether npm's own record of what it installed has every package of package-lock.json in its version. */
function treeAgrees() {
  const installed = packagesOf(join(modules, '.package-lock.json'));
  const locked = packagesOf(lockfile);
  if (!installed || !locked) return false;
  return Object.entries(locked).every(([path, { version, integrity, optional, devOptional, peer }]) => {
    const has = installed[path];
    if (path === '' || !path.startsWith('node_modules/')) return true;
    if (!has) return optional || devOptional || peer;
    return has.version === version && has.integrity === integrity;
  });
}

/** The stamp only saves the comparison at the next start. */
function leaveStamp() {
  try {
    writeFileSync(stamp, wanted());
  } catch {
    // The folder is read-only.
  }
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8')).packages;
  } catch {
    return undefined;
  }
}

async function install() {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  say('installing the npm packages: this happens once and takes about half a minute ...');
  const ticker = setInterval(() => say(`installing the npm packages: ${seconds()} s ...`), 10_000);
  try {
    const { code, output } = await installLocked();
    if (code !== 0) {
      throw new Error(`${output.trim()}\nnpm failed (${code}); mend what it says above, then try again`);
    }
    // Where install scripts are switched off, run the one that is needed: it fetches the Node for this machine.
    if (!existsSync(node)) await npm(['rebuild', 'node', '--ignore-scripts=false']);
    if (!existsSync(node)) {
      throw new Error(
        'the locked Node was not installed: the install script of the package "node" did not run or had no network.\n' +
          'Try: npm rebuild node --ignore-scripts=false --foreground-scripts',
      );
    }
    leaveStamp();
    say(`npm packages installed in ${seconds()} s`);
  } finally {
    clearInterval(ticker);
  }
}

/**
 * `npm ci`. It refuses a lock file without the optional packages of other platforms, which is what npm writes where
 * the registry does not serve them; `npm install` takes it, and the outcome is then compared with the lock file.
 */
async function installLocked() {
  const quietly = ['--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];
  const strict = await npm(['ci', ...quietly]);
  if (!/code EUSAGE/.test(strict.output)) return strict;
  const lenient = await npm(['install', '--no-save', ...quietly]);
  return lenient.code === 0 && !treeAgrees() ? strict : lenient;
}

/** Runs npm in the project's folder and keeps what it prints. */
function npm(args) {
  const cli = process.env.npm_execpath;
  const [command, first] = cli && basename(cli) === 'npm-cli.js' ? [process.execPath, [cli]] : ['npm', []];
  return new Promise((resolve) => {
    const child = spawn(command, [...first, ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      shell: command === 'npm' && process.platform === 'win32',
      timeout: INSTALL_MS,
    });
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-20_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => resolve({ code: error.code, output: `${command}: ${error.message}` }));
    child.on('close', (code, signal) => resolve({ code: code ?? signal, output }));
  });
}

/** Waits for the lock file, takes over one whose owner was killed, and returns the function that releases it. */
async function takeLock(lock) {
  mkdirSync(dirname(lock), { recursive: true });
  const mark = JSON.stringify({ pid: process.pid, host: hostname(), at: Date.now() });
  const deadline = Date.now() + PATIENCE_MS;
  for (let told = false; !appear(lock, mark); told = true) {
    if (!told) say('waiting for another start that is installing the npm packages ...');
    if (Date.now() > deadline) fail(`gave up waiting; remove ${lock} if nothing is being installed`);
    removeOrphan(lock);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const beat = setInterval(() => touch(lock), BEAT_MS);
  return () => {
    clearInterval(beat);
    if (textOf(lock) === mark) rmSync(lock, { force: true });
  };
}

/** The lock appears with its content: it is written under another name and linked, which fails on a taken name. */
function appear(lock, mark) {
  const own = `${lock}.${process.pid}`;
  writeFileSync(own, mark);
  try {
    linkSync(own, lock);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(own, { force: true });
  }
}

function removeOrphan(lock) {
  const aside = `${lock}.${process.pid}.orphan`;
  try {
    const mark = readFileSync(lock, 'utf8');
    if (Date.now() - statSync(lock).mtimeMs < SILENT_MS && ownerRuns(mark)) return;
    // Two may see the same orphan: only one rename succeeds, and a fresh lock that it caught is put back.
    renameSync(lock, aside);
    if (textOf(aside) !== mark) linkSync(aside, lock);
  } catch (error) {
    if (error.code !== 'ENOENT' && error.code !== 'EEXIST') throw error;
  } finally {
    rmSync(aside, { force: true });
  }
}

function ownerRuns(mark) {
  try {
    const { pid, host } = JSON.parse(mark);
    return host !== hostname() || process.kill(pid, 0);
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function touch(file) {
  try {
    utimesSync(file, new Date(), new Date());
  } catch {
    // Somebody who thought us dead has taken it away.
  }
}

function textOf(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}

/** Runs the script, passes signals on, and ends as it ends. */
function runOnLockedNode(args) {
  const env = {
    ...process.env,
    PATH: [join(modules, '.bin'), process.env.PATH].filter(Boolean).join(delimiter),
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(modules, '.cache', 'node'),
  };
  const child = spawn(node, args, { stdio: 'inherit', env });
  const atTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to the child as well; twice would mean "at once".
      if (!(atTerminal && (signal === 'SIGINT' || signal === 'SIGQUIT'))) child.kill(signal);
    });
  }
  child.on('error', (error) => fail(`the locked Node does not run on this machine: ${error.message}`));
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code ?? 1);
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}

function say(line) {
  process.stderr.write(`${line}\n`);
}

function fail(message) {
  say(message);
  process.exit(1);
}
