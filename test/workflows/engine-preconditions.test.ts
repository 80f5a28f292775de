import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { BarePlan, CheckedPlan, CheckOptions } from '../../src/activities/check-preconditions.ts';
import type { PreconditionFinding, PreconditionRules } from '../../src/domain/preconditions/preconditions.ts';
import { weighPreconditions } from '../../src/domain/preconditions/weigh-preconditions.ts';
import { type PolicyChange, refuse, type Scripted } from './scripted-service.ts';
import {
  decide,
  ended,
  openScriptedStage,
  type ScriptedStage,
  send,
  stepsOf,
  waits,
} from './scripted-stage.ts';

let stage: ScriptedStage;
beforeAll(async () => {
  stage = await openScriptedStage();
});
afterAll(() => stage?.close());

const FROZEN: PreconditionFinding = {
  id: 'freeze',
  state: 'not-met',
  says: 'black friday, until 2026-12-01 08:00 UTC',
};
const LINE = 'change freeze: black friday, until 2026-12-01 08:00 UTC';

/** What the step gives when this is found, by rules of the profile. */
const found =
  (rules: PreconditionRules, ...findings: readonly PreconditionFinding[]): Scripted =>
  (_usual, _time, [, plan, overrides]) => {
    const { hash: _hash, ...bare } = plan as BarePlan;
    const weighed = weighPreconditions(findings, rules, overrides as CheckOptions);
    if ('refused' in weighed) return refuse('PreconditionFailed', weighed.refused);
    const { preconditions } = weighed;
    const warnings = [...bare.warnings, ...weighed.warnings];
    const hash = createHash('sha256')
      .update(JSON.stringify({ ...bare, warnings, preconditions }))
      .digest('hex');
    return { hash, warnings, preconditions } satisfies CheckedPlan;
  };
const freeze = (on: 'block' | 'ask' | 'warn'): PreconditionRules => ({ freeze: { on, unknown: 'open' } });

const castFor = (name: string, check: Scripted, policy: PolicyChange = {}, more: object = {}) =>
  stage.cast(name, {
    policy: { preconditions: true, ...policy },
    script: { 'check-preconditions': check },
    ...more,
  });

describe('a plan that a precondition stands against', () => {
  it('is not carried out where it blocks, until it is mended', async () => {
    const frozen = found(freeze('block'), FROZEN);
    const cast = await castFor('blocked', (usual, time, args) =>
      time === 1 ? frozen(usual, time, args) : usual(),
    );
    const run = await cast.start();
    expect(await waits(run, 'decision-1')).toMatchObject({
      step: 'check-preconditions',
      error: { type: 'PreconditionFailed', message: expect.stringContaining(LINE) },
      answers: ['retry', 'change-target', 'abort'],
    });
    expect(cast.writes).toEqual([]);
    await decide(run, 'retry');
    const report = await ended(run);
    expect(report.outcome).toBe('rolled-back');
    // It was planned anew: what was found was of then.
    expect(stepsOf(report).filter((step) => step === 'plan')).toHaveLength(2);
  });

  it('is carried out where a person is to decide, and says so; whoever approves has read it', async () => {
    const cast = await castFor('asked', found(freeze('ask'), FROZEN), { approval: { required: true } });
    const run = await cast.start();
    expect(await waits(run, 'decision-1')).toMatchObject({
      step: 'check-preconditions',
      answers: ['retry', 'go-on', 'change-target', 'abort'],
    });
    await decide(run, 'go-on');
    const open = await waits(run, 'approval-1');
    expect(cast.told.find(({ about }) => about === 'approval-1')?.lines).toContain(
      `note: to be decided: ${LINE}`,
    );
    await send(run, 'approve', { plan: 'planHash' in open ? open.planHash : '', approvedBy: 'ben' });
    const report = await ended(run);
    expect(report).toMatchObject({ outcome: 'rolled-back', plan: { preconditions: [{ follows: 'ask' }] } });
    expect('planHash' in open && open.planHash).toBe(report.plan?.hash);
    expect(cast.told.at(-1)?.lines).toContain(`precondition: to be decided: ${LINE}`);
  });

  it('is carried out and tells it where it only warns', async () => {
    const cast = await castFor('warned', found(freeze('warn'), FROZEN));
    const report = await ended(await cast.start());
    expect(report).toMatchObject({ outcome: 'rolled-back' });
    expect(report.plan?.warnings).toContain(LINE);
  });

  it('is carried out when the glass is broken, and the reason stands in it', async () => {
    const request = { severity: 'sev1', breakGlass: 'chat is down' } as const;
    const cast = await castFor('glass', found(freeze('block'), FROZEN), {}, { request });
    const report = await ended(await cast.start());
    expect(report.outcome).toBe('rolled-back');
    expect(report.plan?.warnings).toContain(`break-glass: chat is down: ${LINE}`);
  });

  it('shows it in a dry run, which asks nobody', async () => {
    const cast = await castFor('dry', found(freeze('ask'), FROZEN), {}, { request: { dryRun: true } });
    const report = await ended(await cast.start());
    expect(report).toMatchObject({ outcome: 'planned', plan: { preconditions: [{ id: 'freeze' }] } });
    expect(report.events ?? []).toEqual([]);
  });

  it('is looked at by a run that knows what it has changed: a rollout that it falls back from is its own', async () => {
    const asked: (CheckOptions | undefined)[] = [];
    const check: Scripted = (usual, _time, [, , options]) => {
      asked.push(options as CheckOptions);
      return usual();
    };
    const cast = await castFor('own', check, {}, { bad: { '0.3.0': { chat: 'failed' } } });
    const run = await cast.start();
    await waits(run, 'decision-1');
    await decide(run, 'fall-back');
    expect((await ended(run)).outcome).toBe('rolled-back');
    expect(asked.map((options) => options?.hasChanged)).toEqual([undefined, true]);
  });

  it('stands against no restore: what was there before comes back', async () => {
    const cast = await castFor(
      'restored',
      found(freeze('warn'), FROZEN),
      {},
      { bad: { '0.3.0': { chat: 'failed' } } },
    );
    const run = await cast.start();
    await waits(run, 'decision-1');
    await decide(run, 'restore-snapshot');
    const report = await ended(run);
    expect(report.outcome).toBe('restored');
    expect(stepsOf(report).filter((step) => step === 'check-preconditions')).toHaveLength(1);
  });
});
