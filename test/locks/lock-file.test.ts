import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { takeLockFile, withLockFile } from '../../src/locks/lock-file.ts';
import { processStartOf } from '../../src/locks/process-start.ts';
import { temporaryFolder } from '../tools/surroundings.ts';

const signal = new AbortController().signal;
const waiting = { signal, waitMs: 20_000 };

/** A lock as another holder leaves it. */
function markOf(pid: number, other: Record<string, unknown> = {}): string {
  return JSON.stringify({ pid, host: hostname(), id: 'somebody', ...other });
}
const LONG_AGO = new Date(Date.now() - 120_000);

/** Another process that takes the lock and keeps it; with a child that outlives it, whose number it tells. */
async function holderOf(lock: string, withChild = false) {
  const script = `
    import { takeLockFile, withLockFile } from ${JSON.stringify(join(import.meta.dirname, '../../src/locks/lock-file.ts'))};
    setInterval(() => {}, 1000);
    import { spawn } from 'node:child_process';
    const options = { signal: new AbortController().signal, waitMs: 10_000, note: 'rollback-orchestrator' };
    await withLockFile(${JSON.stringify(lock)}, options, async (lock) => {
      const child = ${withChild} && spawn('sleep', ['60'], { stdio: 'ignore', detached: true });
      if (child) await lock.owns(child.pid);
      process.stdout.write(String(child ? child.pid : 0));
      return new Promise(() => {});
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [told] = await once(child.stdout, 'data');
  const left = Number(told);
  onTestFinished(() => void (left > 0 && isRunning(left) && process.kill(left, 'SIGKILL')));
  return Object.assign(child, { left });
}

const isRunning = (pid: number) => processStartOf(pid) !== undefined;

/** Nobody gets in beside the holder; after its kill -9 the next one does. */
async function expectHeldUntilKilled(lock: string, holder: ChildProcess): Promise<void> {
  await expect(withLockFile(lock, { signal, waitMs: 300 }, async () => 'in')).rejects.toHaveProperty(
    'name',
    'TimeoutError',
  );
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  expect(await withLockFile(lock, waiting, async () => 'in')).toBe('in');
}

test('lets one in at a time, and everyone in the end', async () => {
  const folder = await temporaryFolder();
  let inside = 0;
  let most = 0;
  const visits = Array.from({ length: 8 }, () =>
    withLockFile(join(folder, 'lock'), waiting, async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setImmediate(resolve));
      inside--;
    }),
  );
  await Promise.all(visits);
  expect(most).toBe(1);
  expect(await readdir(folder)).toEqual([]);
});

test('is released when the work fails', async () => {
  const folder = await temporaryFolder();
  const failing = withLockFile(join(folder, 'lock'), waiting, () => Promise.reject(new Error('no luck')));
  await expect(failing).rejects.toThrow('no luck');
  expect(await readdir(folder)).toEqual([]);
});

test('keeps others out while its holder lives, and lets them in when that was killed with -9', async () => {
  const lock = join(await temporaryFolder(), 'lock');
  const holder = await holderOf(lock);
  await expectHeldUntilKilled(lock, holder);
});

test('many that find the same orphan still enter one at a time', async () => {
  const folder = await temporaryFolder();
  const lock = join(folder, 'lock');
  const gone = spawn(process.execPath, ['-e', '0']);
  await once(gone, 'exit');
  await writeFile(lock, markOf(gone.pid ?? 0));
  let inside = 0;
  let most = 0;
  const visit = () =>
    withLockFile(lock, waiting, async () => {
      most = Math.max(most, ++inside);
      await new Promise((resolve) => setTimeout(resolve, 5));
      inside--;
    });
  await Promise.all(Array.from({ length: 8 }, visit));
  expect(most).toBe(1);
  expect(await readdir(folder)).toEqual([]);
});

test('is kept by a holder that was stopped, however long it has been silent', async () => {
  const lock = join(await temporaryFolder(), 'lock');
  const holder = await holderOf(lock);
  holder.kill('SIGSTOP');
  await utimes(lock, LONG_AGO, LONG_AGO);
  await expectHeldUntilKilled(lock, holder);
});

test('is taken over when its process number belongs to another process by now', async () => {
  const lock = join(await temporaryFolder(), 'lock');
  await writeFile(lock, markOf(process.pid, { startedAt: 'another-boot 1' }));
  expect(await withLockFile(lock, waiting, async () => 'in')).toBe('in');
});

test('of another machine is taken over when it was not touched for long, and not where that is forbidden', async () => {
  const lock = join(await temporaryFolder(), 'lock');
  await writeFile(lock, markOf(process.pid, { host: 'elsewhere' }));
  const brief = { signal, waitMs: 300 };
  await expect(withLockFile(lock, brief, async () => 'in')).rejects.toHaveProperty('name', 'TimeoutError');
  await utimes(lock, LONG_AGO, LONG_AGO);
  const never = { ...brief, silentMs: Number.POSITIVE_INFINITY };
  await expect(withLockFile(lock, never, async () => 'in')).rejects.toHaveProperty('name', 'TimeoutError');
  expect(await withLockFile(lock, waiting, async () => 'in')).toBe('in');
});

test('does not remove a lock that somebody else has taken over', async () => {
  const lock = join(await temporaryFolder(), 'lock');
  await withLockFile(lock, waiting, () => writeFile(lock, markOf(1)));
  expect(await readFile(lock, 'utf8')).toBe(markOf(1));
});

test('says once that it waits, and stops waiting when aborted', async () => {
  const lock = join(await temporaryFolder(), 'lock');
  await writeFile(lock, markOf(process.pid));
  const abort = new AbortController();
  const onWait = vi.fn(() => setTimeout(() => abort.abort(new Error('enough')), 250));
  const waiting = withLockFile(lock, { signal: abort.signal, waitMs: 20_000, onWait }, async () => 'in');
  await expect(waiting).rejects.toThrow('enough');
  expect(onWait).toHaveBeenCalledTimes(1);
});

test('names the holder to whoever waits, and to whoever waited in vain', async () => {
  const lock = join(await temporaryFolder(), 'lock');
  const holder = await holderOf(lock);
  const onWait = vi.fn();
  const expected = { pid: holder.pid, host: hostname(), note: 'rollback-orchestrator' };
  await expect(takeLockFile(lock, { signal, waitMs: 0, onWait })).rejects.toMatchObject({
    name: 'TimeoutError',
    message: `${lock} is held by process ${holder.pid} on ${hostname()} (rollback-orchestrator)`,
    holder: expected,
  });
  expect(onWait.mock.calls).toEqual([[expected]]);
});

test('shows a note of somebody else in one short line', async () => {
  const lock = join(await temporaryFolder(), 'lock');
  await writeFile(lock, markOf(process.pid, { note: `a\u001b[2J\r\nb${'x'.repeat(9000)}` }));
  const error = await takeLockFile(lock, { signal, waitMs: 0 }).catch((reason: Error) => reason);
  expect((error as Error).message).toMatch(/\(a \[2J bx{193}\)$/);
});

test('whose holder was killed with -9 is held until the child that it left has ended too', async () => {
  const lock = join(await temporaryFolder(), 'lock');
  const holder = await holderOf(lock, true);
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  await utimes(lock, LONG_AGO, LONG_AGO);
  await expect(takeLockFile(lock, { signal, waitMs: 300 })).rejects.toMatchObject({
    message: expect.stringContaining(`process ${holder.left}, left running by process ${holder.pid} on`),
    holder: { leftRunning: holder.left },
  });
  process.kill(holder.left, 'SIGKILL');
  expect(await withLockFile(lock, waiting, async () => 'in')).toBe('in');
});

test('is free at once when holder and child have ended, whatever number they had', async () => {
  const lock = join(await temporaryFolder(), 'lock');
  const child = { pid: process.pid, startedAt: 'another-boot 1' };
  await writeFile(lock, markOf(process.pid, { startedAt: 'another-boot 1', child }));
  expect(await withLockFile(lock, { signal, waitMs: 0 }, async () => 'in')).toBe('in');
});

test('notes one child at a time, and is released with whatever was noted', async () => {
  const folder = await temporaryFolder();
  const lock = await takeLockFile(join(folder, 'lock'), waiting);
  const noted = async () => JSON.parse(await readFile(join(folder, 'lock'), 'utf8')).child?.pid;
  await lock.owns(process.ppid);
  expect(await noted()).toBe(process.ppid);
  await lock.owns(undefined);
  expect(await noted()).toBeUndefined();
  await lock.owns(process.ppid);
  await lock.release();
  expect(await readdir(folder)).toEqual([]);
});

test('cannot note a child once somebody else has taken it over', async () => {
  const file = join(await temporaryFolder(), 'lock');
  const lock = await takeLockFile(file, waiting);
  await writeFile(file, markOf(1));
  await expect(lock.owns(process.pid)).rejects.toThrow('is held by process 1 on');
  expect(await readFile(file, 'utf8')).toBe(markOf(1));
  await lock.release();
});

test('of a container with process numbers of its own is judged by its silence alone', async () => {
  const lock = join(await temporaryFolder(), 'lock');
  await writeFile(lock, markOf(4_000_000, { space: 'pid:[1]', startedAt: 'this-boot 1' }));
  await expect(takeLockFile(lock, { signal, waitMs: 0 })).rejects.toHaveProperty('name', 'TimeoutError');
  await utimes(lock, LONG_AGO, LONG_AGO);
  expect(await withLockFile(lock, waiting, async () => 'in')).toBe('in');
});

test('that cannot be written says why, and leaves nothing', async () => {
  const folder = await temporaryFolder();
  await expect(takeLockFile(join(folder, 'none', 'lock'), waiting)).rejects.toHaveProperty('code', 'ENOENT');
  expect(await readdir(folder)).toEqual([]);
});
