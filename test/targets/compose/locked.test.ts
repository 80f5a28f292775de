import { on } from 'node:events';
import { existsSync, watch } from 'node:fs';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, test } from 'vitest';
import { NAME } from './texts.ts';
import { startWorker } from './worker.ts';
import { context, errorOf, FILE, openWorld, problem, type Service, titled } from './world.ts';

const both = ['v0.1.0', 'v0.2.0'];
const key = context.key ?? '';

// At the same time, because a lock that is held is waited for for twenty seconds.
describe.skipIf(problem)(titled('the lock of a project'), { concurrent: true, timeout: 60_000 }, () => {
  const { host, service } = openWorld({ keep: true });

  const lockOf = ({ folder }: Service) => join(folder, '.runbook/lock');
  const mergeMarkOf = (change: object) =>
    JSON.stringify({ pid: process.pid, host: hostname(), id: 'somebody', ...change });
  async function lock(one: Service, change: object, touchedAt = new Date()): Promise<void> {
    await mkdir(join(one.folder, '.runbook'), { recursive: true });
    await writeFile(lockOf(one), mergeMarkOf(change));
    await utimes(lockOf(one), touchedAt, touchedAt);
  }
  /** Resolves when somebody tries to take the lock: what is tried is written beside it first. */
  async function isTried({ folder }: Service): Promise<void> {
    const watching = watch(join(folder, '.runbook'));
    for await (const [, name] of on(watching, 'change')) if (String(name).startsWith('lock.')) break;
    watching.close();
  }
  const created = async (one: Service, mark: string) =>
    (await one.events(mark)).filter((event) => event === `create ${NAME}`).length;

  test('lets one of two workers work, and the other finds everything done', async ({ expect }) => {
    const one = await service(both);
    const pin = await one.pin();
    const mark = host().mark();
    const [first, second] = [await one.intercept(), await one.intercept()];
    const held = await first.hold({ before: 'compose * up *' });
    const step = { profile: one.profile, key, pin };
    const working = startWorker(step, first.env);
    await held.reached();
    const tried = isTried(one);
    const waiting = startWorker(step, second.env);
    await tried;
    expect((await second.commands()).some((line) => /^(tag|pull)|compose .* up/.test(line))).toBe(false);
    await held.release();
    const outcomes = [await working.outcome, await waiting.outcome];
    expect(outcomes.map(({ result }) => result)).toMatchObject([
      { changed: true, imageId: one.images['v0.1.0']?.imageId },
      { changed: true, imageId: one.images['v0.1.0']?.imageId },
    ]);
    expect(await created(one, mark)).toBe(1);
    expect(existsSync(lockOf(one))).toBe(false);
  });

  test('of another run that works is waited for, and its work is not done twice', async ({ expect }) => {
    const one = await service(both);
    const pin = await one.pin();
    const mark = host().mark();
    const first = await one.intercept();
    const held = await first.hold({ before: 'compose * up *' });
    const working = startWorker({ profile: one.profile, key, pin }, first.env);
    await held.reached();
    const tried = isTried(one);
    const second = startWorker({ profile: one.profile, key: 'run-2/roll-back', pin }, one.env);
    await tried;
    await held.release();
    expect((await working.outcome).result).toMatchObject({ changed: true });
    expect((await second.outcome).result).toMatchObject({ changed: false, version: '0.1.0' });
    expect(await created(one, mark)).toBe(1);
  });

  test('that is held too long ends the attempt, names the holder, and nothing was touched', async ({
    expect,
  }) => {
    const one = await service(both);
    const pin = await one.pin();
    await lock(one, { note: 'run-7/roll-back' });
    const before = await one.state();
    const error = await errorOf(one.target.rollBack(pin, context));
    expect(error).toMatchObject({ type: 'TargetLocked', retryable: true });
    expect(error.message).toBe(
      `${lockOf(one)} is held by process ${process.pid} on ${hostname()} (run-7/roll-back)`,
    );
    expect(await one.state()).toEqual(before);
  });

  test('that a host elsewhere has touched some minutes ago is respected: its Compose may still work', async ({
    expect,
  }) => {
    const one = await service(both);
    const pin = await one.pin();
    await lock(one, { host: 'elsewhere', pid: 7 }, new Date(Date.now() - 120_000));
    const before = await one.state();
    const error = await errorOf(one.target.rollBack(pin, context));
    expect(error.type).toBe('TargetLocked');
    expect(error.message).toContain('is held by process 7 on elsewhere');
    expect(await one.state()).toEqual(before);
  });

  test('that a host elsewhere has not touched for long is taken over', async ({ expect }) => {
    const one = await service(both);
    const pin = await one.pin();
    await lock(one, { host: 'elsewhere', pid: 7 }, new Date(Date.now() - 600_000));
    expect(await one.target.rollBack(pin, context)).toMatchObject({ changed: true });
    expect(await readdir(join(one.folder, '.runbook'))).not.toContain('lock');
  });

  test('of a killed worker is taken over at once', async ({ expect }) => {
    const one = await service(both);
    const pin = await one.pin();
    const { env, kill } = await one.intercept();
    await kill({ before: 'compose * config' });
    await startWorker({ profile: one.profile, key, pin }, env).outcome;
    expect(existsSync(lockOf(one))).toBe(true);
    const since = Date.now();
    expect(await one.target.rollBack(pin, context)).toMatchObject({ changed: true });
    expect(Date.now() - since).toBeLessThan(15_000);
    expect(existsSync(lockOf(one))).toBe(false);
  });

  test('of a killed worker is held while the Compose command that it left still works', async ({
    expect,
  }) => {
    const one = await service(both);
    const pin = await one.pin();
    const mark = host().mark();
    const { env, hold } = await one.intercept();
    const held = await hold({ before: 'compose * up *' });
    const killed = startWorker({ profile: one.profile, key, pin }, env);
    await held.reached();
    killed.child.kill('SIGKILL');
    expect((await killed.outcome).signal).toBe('SIGKILL');
    const tried = isTried(one);
    const next = startWorker({ profile: one.profile, key, pin }, one.env);
    await tried;
    await held.release();
    expect((await next.outcome).result).toMatchObject({ changed: true });
    expect(await created(one, mark)).toBe(1);
    expect(await one.read(FILE)).toContain(':v0.1.0');
  });

  test('is given up when the step is cancelled while it waits', async ({ expect }) => {
    const one = await service(both);
    const pin = await one.pin();
    await lock(one, {});
    const cancel = new AbortController();
    const ended = one.target
      .rollBack(pin, { ...context, signal: cancel.signal })
      .catch((error: unknown) => error);
    setImmediate(() => cancel.abort(new Error('cancelled')));
    expect(await ended).toMatchObject({ message: 'cancelled' });
    expect(existsSync(lockOf(one))).toBe(true);
  });
});
