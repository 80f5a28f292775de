import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { withLock } from '../../tools/lock.ts';
import { temporaryFolder } from './surroundings.ts';

const signal = new AbortController().signal;
const patient = { signal, waitMs: 20_000 };

/** A lock as another holder leaves it. */
function markOf(pid: number, other: { host?: string; startedAt?: string } = {}): string {
  return JSON.stringify({ pid, host: hostname(), id: 'somebody', ...other });
}
const LONG_AGO = new Date(Date.now() - 120_000);

/** Another process that takes the lock and keeps it. */
async function holderOf(lock: string) {
  const script = `
    import { withLock } from ${JSON.stringify(join(import.meta.dirname, '../../tools/lock.ts'))};
    setInterval(() => {}, 1000);
    await withLock(${JSON.stringify(lock)}, { signal: new AbortController().signal, waitMs: 10_000 }, () => {
      process.stdout.write('held');
      return new Promise(() => {});
    });`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  return child;
}

/** Nobody gets in beside the holder; after its kill -9 the next one does. */
async function expectHeldUntilKilled(lock: string, holder: ChildProcess): Promise<void> {
  await expect(withLock(lock, { signal, waitMs: 300 }, async () => 'in')).rejects.toHaveProperty(
    'name',
    'TimeoutError',
  );
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  expect(await withLock(lock, patient, async () => 'in')).toBe('in');
}

test('lets one in at a time, and everyone in the end', async () => {
  const folder = await temporaryFolder();
  let inside = 0;
  let most = 0;
  const visits = Array.from({ length: 8 }, () =>
    withLock(join(folder, 'lock'), patient, async () => {
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
  const failing = withLock(join(folder, 'lock'), patient, () => Promise.reject(new Error('no luck')));
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
    withLock(lock, patient, async () => {
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
  expect(await withLock(lock, patient, async () => 'in')).toBe('in');
});

test('of another machine is taken over when it was not touched for long, and not where that is forbidden', async () => {
  const lock = join(await temporaryFolder(), 'lock');
  await writeFile(lock, markOf(process.pid, { host: 'elsewhere' }));
  const brief = { signal, waitMs: 300 };
  await expect(withLock(lock, brief, async () => 'in')).rejects.toHaveProperty('name', 'TimeoutError');
  await utimes(lock, LONG_AGO, LONG_AGO);
  const never = { ...brief, silentMs: Number.POSITIVE_INFINITY };
  await expect(withLock(lock, never, async () => 'in')).rejects.toHaveProperty('name', 'TimeoutError');
  expect(await withLock(lock, patient, async () => 'in')).toBe('in');
});

test('does not remove a lock that somebody else has taken over', async () => {
  const lock = join(await temporaryFolder(), 'lock');
  await withLock(lock, patient, () => writeFile(lock, markOf(1)));
  expect(await readFile(lock, 'utf8')).toBe(markOf(1));
});

test('says once that it waits, and stops waiting when aborted', async () => {
  const lock = join(await temporaryFolder(), 'lock');
  await writeFile(lock, markOf(process.pid));
  const abort = new AbortController();
  const onWait = vi.fn(() => setTimeout(() => abort.abort(new Error('enough')), 250));
  const waiting = withLock(lock, { signal: abort.signal, waitMs: 20_000, onWait }, async () => 'in');
  await expect(waiting).rejects.toThrow('enough');
  expect(onWait).toHaveBeenCalledTimes(1);
});
