import { spawn } from 'node:child_process';
import { join } from 'node:path';

const PROGRAM = join(import.meta.dirname, '..', '..', '..', 'sandbox', 'demo', 'main.ts');

/** `runbook demo`. The demo is a program of the sandbox: what it starts is not part of the product. */
export async function demo(options: { readonly compose?: boolean; readonly keep?: boolean }): Promise<void> {
  const args = [...(options.compose ? ['--compose'] : []), ...(options.keep ? ['--keep'] : [])];
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: 'inherit' });
  // On a terminal Ctrl-C reaches the demo itself, which tidies up; this process waits for it.
  const atTerminal = process.stdin.isTTY === true;
  process.on('SIGINT', () => atTerminal || child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.exitCode = await new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
}
