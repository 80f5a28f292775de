import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { RunbookError } from '../../src/domain/errors.ts';
import { PRECONDITION_IDS } from '../../src/domain/preconditions/preconditions.ts';
import { createPreconditions } from '../../src/preconditions/create-preconditions.ts';
import { TARGET_TIMEOUT_MS } from '../../src/preconditions/of-target.ts';
import type { RollbackTarget } from '../../src/targets/target.ts';
import { foundBy, planOf, settingsOf, signal, surroundings } from './surroundings.ts';

const plan = planOf('names no registry');
const ONCE = { name: 'once', from: '2001-01-01T00:00:00Z', to: '2001-01-02T00:00:00Z' };
const quota = { quota: settingsOf('quota', {}), autoscaler: settingsOf('autoscaler', { on: 'ask' }) };
const target = (preconditions: NonNullable<RollbackTarget['preconditions']>) => ({
  target: { kind: 'kubernetes' as const, preconditions },
});

describe('the preconditions of a service', () => {
  it('count as the profile says, and only those that are on', () => {
    expect(createPreconditions(quota, surroundings()).rules).toEqual({
      quota: { on: 'warn', unknown: 'open' },
      autoscaler: { on: 'ask', unknown: 'open' },
    });
  });

  it('are asked of the target in one go, and what is switched off is left out', async () => {
    let asked = 0;
    const found = await foundBy(
      quota,
      plan,
      target(async () => {
        asked += 1;
        return PRECONDITION_IDS.map((id) => ({ id, state: 'met', says: 'fine' }) as const);
      }),
    );
    expect(asked).toBe(1);
    expect(found.map(({ id }) => id)).toEqual(['quota', 'autoscaler']);
  });

  it('have nothing to say where the target has not', async () => {
    expect(await foundBy(quota, plan)).toEqual([]);
    expect(
      await foundBy(
        quota,
        plan,
        target(async () => []),
      ),
    ).toEqual([]);
  });

  it.each<[string, unknown, string]>([
    [
      'an error of the catalogue',
      new RunbookError('Unreachable', 'the cluster did not answer'),
      'the cluster did not answer',
    ],
    [
      'one that repeats an address',
      new RunbookError('Unreachable', 'could not get pods: connect ECONNREFUSED 10.0.0.7:6443'),
      'could not get pods: connect ECONNREFUSED …',
    ],
    [
      'a fault, whose words may hold anything',
      new TypeError('token abc'),
      'could not be looked at (TypeError)',
    ],
    ['what is no error', 'abc', 'could not be looked at (unknown error)'],
  ])('are not known where the target throws %s', async (_, thrown, says) => {
    const found = await foundBy(
      quota,
      plan,
      target(() => Promise.reject(thrown)),
    );
    expect(found).toEqual([
      { id: 'quota', state: 'unknown', says },
      { id: 'autoscaler', state: 'unknown', says },
    ]);
  });

  it('end with the run, whether or not what is asked heeds that', async () => {
    const controller = new AbortController();
    const hung = foundBy(
      quota,
      plan,
      target(() => new Promise(() => undefined)),
      controller.signal,
    );
    controller.abort(new Error('the run was cancelled'));
    await expect(hung).rejects.toThrow('the run was cancelled');
  });

  it('are given up at their deadline, whether or not what is asked heeds that; the others are told all the same', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const settings = { freeze: settingsOf('freeze', { freezes: [ONCE] }), ...quota };
    const hung = foundBy(
      settings,
      plan,
      target(() => new Promise(() => undefined)),
    );
    await vi.advanceTimersByTimeAsync(TARGET_TIMEOUT_MS);
    expect(await hung).toMatchObject([
      { id: 'freeze', state: 'met' },
      { id: 'quota', state: 'unknown', says: 'no answer within 15 s' },
      { id: 'autoscaler', state: 'unknown', says: 'no answer within 15 s' },
    ]);
  });

  it('are not begun in a run that is cancelled', async () => {
    const cancelled = AbortSignal.abort(new Error('cancelled'));
    let asked = 0;
    const looked = foundBy(
      quota,
      plan,
      target(async () => {
        asked += 1;
        return [];
      }),
      cancelled,
    );
    await expect(looked).rejects.toThrow('cancelled');
    expect(asked).toBe(0);
  });

  it('say it in one short line without secrets, whoever has found it', async () => {
    const says = `first\nsecond password: hunter2hunter2 ${'x'.repeat(1000)}`;
    const [finding] = await foundBy(
      quota,
      plan,
      target(async () => [{ id: 'quota', state: 'not-met', says, remedy: says }]),
    );
    expect(finding?.says).toMatch(/^first second password: •••/);
    expect(finding?.says.length).toBeLessThanOrEqual(400);
    // A command that is cut in the middle of a quotation is another one.
    expect(finding?.remedy).toBeUndefined();
  });

  it('may be looked at twice: nothing of the first time is kept', async () => {
    let asked = 0;
    const made = createPreconditions(
      quota,
      surroundings(target(async () => [{ id: 'quota', state: 'met', says: `${++asked}` }])),
    );
    await made.find(plan, { signal });
    expect(await made.find(plan, { signal })).toMatchObject([{ says: '2' }]);
  });
});
