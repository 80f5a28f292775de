import { type ChildProcess, spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Command, LastCommand, Report } from './protocol.ts';
import { removeFolder, writeRegistry } from './registry.ts';

// Owns the sandbox's processes. It lives exactly as long as its standard input: when the parent ends, however
// that happens, the pipe closes, every child is stopped and the sandbox's folder is removed.
const [folder = ''] = process.argv.slice(2);
const children = new Map<string, ChildProcess>();
const atEnd: LastCommand[] = [];
const GONE_WITHIN_MS = 3000;
let ending = false;

const input = createInterface({ input: process.stdin });
input.on('line', (line) => obey(JSON.parse(line) as Command));
input.on('close', end);
// The parent decides; Ctrl-C reaches the whole terminal group and must not take the children first.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined);
process.stdout.on('error', () => undefined);
remember();

function obey(command: Command): void {
  switch (command.do) {
    case 'start':
      start(command);
      return;
    case 'signal':
      children.get(command.id)?.kill(command.signal);
      return;
    case 'at-end':
      atEnd.push(command.command);
      remember();
      tell({ event: 'at-end' });
      return;
  }
}

function start({ id, program, args, env, log }: Extract<Command, { do: 'start' }>): void {
  if (ending) return;
  const output = log ? openSync(log, 'a') : 'ignore';
  const child = spawn(program, args, { stdio: ['ignore', output, output], env, detached: true });
  child.on('error', (error) => tell({ event: 'exit', id, code: 127, signal: null, message: error.message }));
  child.on('exit', (code, signal) => {
    children.delete(id);
    remember();
    tell({ event: 'exit', id, code, signal });
  });
  if (child.pid === undefined) return;
  children.set(id, child);
  remember();
  tell({ event: 'start', id, pid: child.pid });
}

function tell(report: Report): void {
  if (!ending) process.stdout.write(`${JSON.stringify(report)}\n`);
}

function remember(): void {
  writeRegistry(
    folder,
    [...children.values()].flatMap((child) => (child.pid ? [child.pid] : [])),
    atEnd,
  );
}

/** Nothing here outlives the sandbox, so nobody is given time to tidy up. */
function end(): void {
  ending = true;
  for (const child of children.values()) child.kill('SIGKILL');
  const deadline = Date.now() + GONE_WITHIN_MS;
  const wait = setInterval(() => {
    if (children.size > 0 && Date.now() < deadline) return;
    clearInterval(wait);
    removeFolder(folder, atEnd);
    process.exit(0);
  }, 10);
}
