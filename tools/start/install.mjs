// Installs the packages of package-lock.json.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { takeLockFile } from './lock.mjs';
import { endNpm, npm } from './npm.mjs';
import { isCurrent, leaveStamp, node, root } from './packages.mjs';
import { ENDING_SIGNALS, endBy } from './run.mjs';

const QUIETLY = ['--include=dev', '--no-audit', '--no-fund', '--loglevel=error'];

/** Installs the packages, unless another start does so first; ends the process when that is not possible. */
export async function installPackages() {
  let release = () => undefined;
  let endedBy;
  let failure;
  const end = (signal) => {
    endedBy ??= signal;
    endNpm();
  };
  try {
    release = await takeLockFile(join(root, '.runbook', 'install.lock'));
    for (const signal of ENDING_SIGNALS) process.on(signal, end);
    if (!isCurrent()) await install();
  } catch (error) {
    failure = error;
  } finally {
    release();
    for (const signal of ENDING_SIGNALS) process.off(signal, end);
  }
  if (endedBy) endBy(endedBy);
  if (!failure) return;
  process.stderr.write(`${wordsFor(failure)}\n`);
  process.exit(1);
}

async function install() {
  const started = Date.now();
  const seconds = () => Math.round((Date.now() - started) / 1000);
  const say = (line) => process.stderr.write(`${line}\n`);
  say('installing the npm packages: this happens once and takes about half a minute ...');
  const ticker = setInterval(() => say(`installing the npm packages: ${seconds()} s ...`), 10_000);
  try {
    await must(npm(['ci', ...QUIETLY]));
    // Where install scripts are switched off, run the one that is needed: it fetches the Node for this machine.
    if (!existsSync(node)) await npm(['rebuild', 'node', '--ignore-scripts=false']);
    if (!existsSync(node)) {
      throw new Error(
        'the locked Node was not installed: the install script of the package "node" did not run or had no network.\n' +
          'Try: npm rebuild node --ignore-scripts=false --foreground-scripts',
      );
    }
    // npm leaves out optional packages that do not fit the Node it runs on; the scripts run on the locked one.
    await must(npm(['install', '--no-save', ...QUIETLY], { locked: true }));
    leaveStamp();
    say(`npm packages installed in ${seconds()} s`);
  } finally {
    clearInterval(ticker);
  }
}

async function must(ending) {
  const { code, output } = await ending;
  if (code === 0) return;
  throw new Error(`${output.trim()}\nnpm failed (${code}); mend what it says above, then try again`);
}

function wordsFor({ code, path, message }) {
  if (!code || !path) return message;
  return `the npm packages have to be installed once, and ${path} cannot be written (${code}): make ${root} writable for one start, or run "npm ci" there as its owner`;
}
