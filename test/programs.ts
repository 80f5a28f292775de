import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeHostProblem } from '../sandbox/compose/index.ts';
import { locateTools, TOOL_NAMES } from '../tools/index.ts';
import { one, type Tally, tallyOf, type VitestReport } from './tally.ts';

const ROOT = join(import.meta.dirname, '..');

/** Aborted when the command that runs the tests is to end. */
export function interruptedBySignals(): AbortSignal {
  const interrupted = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => interrupted.abort(new Error(`ended by ${signal}`)));
  }
  return interrupted.signal;
}

/**
 * Lint and types, one after the other. Somebody who names files to run waits for these alone: nothing is checked then.
 * @param run resolves to the program's exit code.
 */
export async function checkSources(
  args: readonly string[],
  run: (program: string, args: readonly string[]) => Promise<number>,
): Promise<Tally[]> {
  if (args.some((arg) => !arg.startsWith('-'))) return [];
  const lint = await run('biome', ['check', '.']);
  const types = await run('tsc', ['--noEmit']);
  return [one(lint === 0), one(types === 0)];
}

/**
 * Brings what the tests start, so that no test has to wait for it. A missing one is a failure of its own. Not every
 * machine has a Docker engine: tests that need it are skipped there, and counted; in CI that is a failure.
 */
export async function toolsAreHere(signal: AbortSignal): Promise<Tally[]> {
  const options = { signal, progress: (line: string) => console.log(line) };
  try {
    await locateTools(TOOL_NAMES, options);
    const problem = await composeHostProblem(options);
    if (problem) console.log(`tests of Docker Compose will be skipped: ${problem}`);
    return [];
  } catch (error) {
    console.error((error as Error).message);
    return [one(false)];
  }
}

/** Runs vitest and counts. @param env is added to this process's environment. */
export async function runVitest(
  args: readonly string[],
  signal: AbortSignal,
  env: Readonly<Record<string, string>> = {},
): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-test-'));
  const file = join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const code = await runProgram('vitest', ['run', ...reporters, ...args], signal, env);
    return tallyOf(readReport(file), code);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readReport(file: string): VitestReport | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** Runs one of the project's own programs; resolves to its exit code, 1 when a signal ended it. */
export function runProgram(
  program: string,
  args: readonly string[],
  signal: AbortSignal,
  env: Readonly<Record<string, string>> = {},
): Promise<number> {
  if (signal.aborted) return Promise.resolve(1);
  console.log(`> ${program} ${args.filter((arg) => !/^--(reporter|outputFile)/.test(arg)).join(' ')}`);
  return new Promise((resolve) => {
    const child = spawn(join(ROOT, 'node_modules', '.bin', program), args, {
      cwd: ROOT,
      env: { ...process.env, ...env },
      stdio: 'inherit',
    });
    const end = () => child.kill('SIGTERM');
    signal.addEventListener('abort', end, { once: true });
    child.on('error', (error) => {
      console.error(`${program}: ${error.message}`);
      resolve(1);
    });
    child.on('exit', (code) => {
      signal.removeEventListener('abort', end);
      resolve(code ?? 1);
    });
  });
}
