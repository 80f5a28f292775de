import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { checkSources } from './programs.ts';

/** Runs `npm test`'s program with some arguments, outside of the surrounding run of vitest. */
async function runTests(...args: string[]): Promise<{ code: number; lastLine: string }> {
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^VITEST|^TEST$/.test(name)),
  );
  const child = spawn(process.execPath, ['test/run.ts', ...args], {
    cwd: join(import.meta.dirname, '..'),
    env,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  onTestFinished(() => void child.kill('SIGTERM'));
  let output = '';
  child.stdout.on('data', (chunk) => {
    output += chunk;
  });
  const [code] = await once(child, 'close');
  return { code, lastLine: output.replace(/\n$/, '').split('\n').at(-1) ?? '' };
}

test('a file that is named runs at once, and the run ends with its count and an exit code to match', async () => {
  const { code, lastLine } = await runTests('test/tools/sources/checksum.test.ts');
  expect(lastLine).toBe('8 passed, 0 failed');
  expect(code).toBe(0);
});

test.each([
  ['nothing', [], ['biome check .', 'tsc --noEmit']],
  ['options alone', ['--bail=1'], ['biome check .', 'tsc --noEmit']],
  ['a path', ['test/domain'], []],
  ['a path and options', ['--bail=1', 'test/domain'], []],
])('lint and types are checked when the arguments are %s: %j, %j', async (_, args, programs) => {
  const ran: string[] = [];
  const tallies = await checkSources(args, async (program, how) => {
    ran.push([program, ...how].join(' '));
    return program === 'tsc' ? 2 : 0;
  });
  expect(ran).toEqual(programs);
  const failed = { passed: 0, failed: 1, skipped: 0 };
  expect(tallies).toEqual(programs.length > 0 ? [{ passed: 1, failed: 0, skipped: 0 }, failed] : []);
});

test('fails when no test ran', async () => {
  const { code, lastLine } = await runTests('test/no-such-folder');
  expect(lastLine).toMatch(/^\d+ passed, [1-9]\d* failed$/);
  expect(code).toBe(1);
});
