// Runs a script on the locked Node.
import { spawn } from 'node:child_process';
import { delimiter, join } from 'node:path';
import { modules, node } from './packages.mjs';

/** What a terminal or a supervisor ends a program with. */
export const ENDING_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];

/** Runs the script, passes signals on, and ends as it ends. */
export function runOnLockedNode(args) {
  const env = {
    ...process.env,
    PATH: [join(modules, '.bin'), process.env.PATH].filter(Boolean).join(delimiter),
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(modules, '.cache', 'node'),
  };
  const child = spawn(node, args, { stdio: 'inherit', env });
  const atTerminal = [process.stdin, process.stdout, process.stderr].some((stream) => stream.isTTY);
  for (const signal of ENDING_SIGNALS) {
    process.on(signal, () => {
      // A terminal sends Ctrl-C to the child as well; twice would mean "at once".
      if (!(atTerminal && (signal === 'SIGINT' || signal === 'SIGQUIT'))) child.kill(signal);
    });
  }
  child.on('error', (error) => {
    process.stderr.write(`the locked Node does not run on this machine: ${error.message}\n`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => {
    if (!signal) process.exit(code ?? 1);
    endBy(signal);
  });
}

/** Ends this process as the signal would. */
export function endBy(signal) {
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}
