/** What `npm test` runs: lint, types, the external programs, then the tests. Arguments are handed to vitest. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeHostProblem } from '../sandbox/compose/index.ts';
import { locateTools, TOOL_NAMES } from '../tools/index.ts';
import { lastLine, one, sum, type Tally, tallyOf, type VitestReport } from './tally.ts';

const ROOT = join(import.meta.dirname, '..');
const interrupted = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => interrupted.abort(new Error(`ended by ${signal}`)));
}

const checks = [
  one((await run('biome', ['check', '.'])) === 0),
  one((await run('tsc', ['--noEmit'])) === 0),
  ...(await toolsAreHere()),
];
const tests = await runVitest(process.argv.slice(2));
const total = sum([...checks, tests]);
const nothingRan = tests.passed + tests.failed === 0;
const skippedInCi = Boolean(process.env.CI) && total.skipped > 0;
if (nothingRan) console.error('no test ran');
if (skippedInCi) console.error('in CI no test may be skipped');
process.exitCode = total.failed > 0 || nothingRan || skippedInCi || interrupted.signal.aborted ? 1 : 0;
console.log(lastLine(total));

/**
 * Brings what the tests start, so that no test has to wait for it. A missing one is a failure of its own. Not every
 * machine has a Docker engine: tests that need it are skipped there, and counted; in CI that is a failure.
 */
async function toolsAreHere(): Promise<Tally[]> {
  const options = { signal: interrupted.signal, progress: (line: string) => console.log(line) };
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

async function runVitest(args: readonly string[]): Promise<Tally> {
  const folder = mkdtempSync(join(tmpdir(), 'runbook-test-'));
  const file = join(folder, 'report.json');
  try {
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`];
    const code = await run('vitest', ['run', ...reporters, ...args]);
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
function run(program: string, args: readonly string[]): Promise<number> {
  if (interrupted.signal.aborted) return Promise.resolve(1);
  console.log(`> ${program} ${args.filter((arg) => !/^--(reporter|outputFile)/.test(arg)).join(' ')}`);
  return new Promise((resolve) => {
    const child = spawn(join(ROOT, 'node_modules', '.bin', program), args, { cwd: ROOT, stdio: 'inherit' });
    const end = () => child.kill('SIGTERM');
    interrupted.signal.addEventListener('abort', end, { once: true });
    child.on('error', (error) => {
      console.error(`${program}: ${error.message}`);
      resolve(1);
    });
    child.on('exit', (code) => {
      interrupted.signal.removeEventListener('abort', end);
      resolve(code ?? 1);
    });
  });
}
