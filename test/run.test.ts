import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';

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

test('ends with the counts, of which lint and types are two, and with an exit code to match', async () => {
  const { code, lastLine } = await runTests('test/tools/sources/checksum.test.ts');
  const [, passed, failed] = /^(\d+) passed, (\d+) failed$/.exec(lastLine) ?? [];
  expect(Number(passed) + Number(failed)).toBe(8 + 2);
  expect(Number(passed)).toBeGreaterThanOrEqual(8);
  expect(code).toBe(Number(failed) > 0 ? 1 : 0);
}, 90_000);

test('fails when no test ran', async () => {
  const { code, lastLine } = await runTests('test/no-such-folder');
  expect(lastLine).toMatch(/^\d+ passed, [1-9]\d* failed$/);
  expect(code).toBe(1);
}, 90_000);
