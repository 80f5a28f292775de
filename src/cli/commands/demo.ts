import { spawn } from 'node:child_process';
import { join } from 'node:path';

const PROGRAM = join(import.meta.dirname, '..', '..', '..', 'sandbox', 'demo', 'main.ts');

interface DemoOptions {
  readonly compose?: boolean;
  readonly keep?: boolean;
  readonly chaos?: boolean;
  readonly innocent?: boolean;
}

/** `runbook demo`. The demo is a program of the sandbox: what it starts is not part of the product. */
export async function demo(options: DemoOptions): Promise<void> {
  const args = (['compose', 'keep', 'chaos', 'innocent'] as const)
    .filter((name) => options[name])
    .map((name) => `--${name}`);
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: 'inherit' });
  // On a terminal Ctrl-C reaches the demo itself, which tidies up; this process waits for it.
  const atTerminal = process.stdin.isTTY === true;
  process.on('SIGINT', () => atTerminal || child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.exitCode = await new Promise<number>((resolve) => child.on('exit', (code) => resolve(code ?? 1)));
}
