// npm in the project's folder.
import { spawn } from 'node:child_process';
import { basename, delimiter, dirname } from 'node:path';
import { node as lockedNode, root } from './packages.mjs';

const LONGEST_MS = 15 * 60_000;
const GRACE_MS = 2000;
/** A group of its own is ended as a whole, install scripts included. Windows knows none. */
const detached = process.platform !== 'win32';
let running;
let ending = false;

/** Runs npm, on the Node of this process or on the locked one, and keeps what it prints. */
export function npm(args, { locked = false } = {}) {
  if (ending) return Promise.resolve({ code: 1, output: 'ended' });
  const cli = process.env.npm_execpath;
  const [command, first] =
    cli && basename(cli) === 'npm-cli.js' ? [locked ? lockedNode : process.execPath, [cli]] : ['npm', []];
  // Where `npm` is a script, it runs on the first Node of PATH.
  const path = [...(locked ? [dirname(lockedNode)] : []), process.env.PATH].filter(Boolean).join(delimiter);
  return new Promise((resolve) => {
    const child = spawn(command, [...first, ...args], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, PATH: path },
      shell: command === 'npm' && process.platform === 'win32',
      detached,
    });
    running = child;
    const limit = setTimeout(() => endGroup('SIGTERM'), LONGEST_MS);
    let output = '';
    const keep = (chunk) => {
      output = (output + chunk).slice(-20_000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const end = (code, text) => {
      // What npm had started may have outlived it.
      if (ending) endGroup('SIGKILL');
      running = undefined;
      clearTimeout(limit);
      resolve({ code, output: text });
    };
    child.on('error', (error) => end(error.code, `${command}: ${error.message}`));
    child.on('close', (code, signal) => end(code ?? signal, output));
  });
}

/** Ends the npm that runs, and what it has started. No other is started after it. */
export function endNpm() {
  ending = true;
  endGroup('SIGTERM');
  setTimeout(() => endGroup('SIGKILL'), GRACE_MS).unref();
}

function endGroup(signal) {
  if (!running?.pid) return;
  try {
    if (detached) process.kill(-running.pid, signal);
    else running.kill(signal);
  } catch {
    // It has ended.
  }
}
