import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { type CheckOptions, checkPreconditions } from '../../src/activities/check-preconditions.ts';
import type { Dependencies } from '../../src/activities/dependencies.ts';
import { planHash } from '../../src/activities/plan.ts';
import {
  PRECONDITIONS,
  type PreconditionFinding,
  type PreconditionRules,
} from '../../src/domain/preconditions/preconditions.ts';
import { preconditionQuestion } from '../../src/domain/preconditions/weigh-preconditions.ts';
import type { ShownPlan } from '../../src/domain/versions/plan.ts';
import { createPreconditions } from '../../src/preconditions/create-preconditions.ts';
import { nobody } from '../checks/surroundings.ts';
import { foundBy, planOf, settingsOf, surroundings } from '../preconditions/surroundings.ts';

const bare = planOf('registry.example/phoenix-orch:0.1.0', undefined, { warnings: ['before'] });
const shown: ShownPlan = { ...bare, hash: planHash(bare), diff: '-a\n+b', settings: ['a: b'] };
const gone: PreconditionFinding = { id: 'image', state: 'not-met', says: 'is gone', remedy: 'push it again' };
const there: PreconditionFinding = { id: 'image', state: 'met', says: 'is there' };
const noRoom: PreconditionFinding = { id: 'quota', state: 'not-met', says: 'has no room' };

async function checked(
  findings: readonly PreconditionFinding[] | undefined,
  {
    plan = shown,
    rules = PRECONDITIONS,
    ...options
  }: CheckOptions & { plan?: ShownPlan; rules?: PreconditionRules } = {},
) {
  const preconditions = findings && { rules, find: async () => findings };
  const deps = { service: () => ({ preconditions }) } as unknown as Dependencies;
  const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  type Checked = Awaited<ReturnType<ReturnType<typeof checkPreconditions>>>;
  const { diff: _, settings: __, findings: ___, ...bare } = plan;
  return (await environment.run(checkPreconditions(deps), 'orchestrator', bare, options)) as Checked;
}

describe('a plan whose preconditions are looked at', () => {
  let away: { readonly image: string; readonly findings: readonly PreconditionFinding[] };

  beforeAll(async () => {
    const image = `${new URL(await nobody()).host}/phoenix-orch:0.1.0`;
    away = { image, findings: await foundBy({ image: settingsOf('image', {}) }, planOf(image)) };
  });

  it('tells what was found, and what does not hold among its warnings, and its hash is over both', async () => {
    const { value, summary } = await checked([noRoom, there]);
    expect(value).toMatchObject({
      warnings: ['before', 'quota: has no room'],
      preconditions: [there, { ...noRoom, follows: 'warn' }],
    });
    // The whole plan stands in history already.
    expect(Object.keys(value).toSorted()).toEqual(['hash', 'preconditions', 'warnings']);
    expect(summary).toBe('1 holds, 1 is told');
    const { hash, ...told } = value;
    const { hash: _, diff: __, settings: ___, ...plan } = shown;
    expect(hash).toBe(planHash({ ...plan, ...told }));
    expect(hash).not.toBe(shown.hash);
    const other = await checked([there]);
    expect(other.value.hash).not.toBe(hash);
    expect((await checked([noRoom, there])).value.hash).toBe(hash);
  });

  it('is refused for good, with what helps', async () => {
    await expect(checked([gone])).rejects.toMatchObject({
      type: 'PreconditionFailed',
      nonRetryable: true,
      message: expect.stringMatching(/image: is gone: push it again; .*force and a reason/),
    });
  });

  it('goes on with force, and says so', async () => {
    const { value } = await checked([gone], { force: true });
    expect(value.warnings).toContain('forced: image: is gone (push it again)');
    expect(value.preconditions).toMatchObject([{ follows: 'warn', overridden: 'forced' }]);
  });

  it('goes through a freeze with broken glass, and says why', async () => {
    const freeze: PreconditionFinding = { id: 'freeze', state: 'not-met', says: '"weekend" lasts' };
    const rules: PreconditionRules = { freeze: { on: 'block', unknown: 'open' } };
    await expect(checked([freeze], { rules })).rejects.toMatchObject({ type: 'PreconditionFailed' });
    const { value } = await checked([freeze], { rules, breakGlass: 'nobody can log in' });
    expect(value.warnings).toContain('break-glass: nobody can log in: change freeze: "weekend" lasts');
  });

  it.each<[string, object, 'goes on' | 'is refused' | 'is asked about']>([
    ['by default', {}, 'goes on'],
    ['with unknown: open', { on: 'ask', unknown: 'open' }, 'goes on'],
    ['with unknown: closed', { unknown: 'closed' }, 'is refused'],
    ['with unknown: closed and on: ask', { on: 'ask', unknown: 'closed' }, 'is asked about'],
    ['with unknown: closed and on: warn', { on: 'warn', unknown: 'closed' }, 'goes on'],
  ])(
    '2b.11 whose registry is away is never taken for one whose image is there: %s',
    async (_, written, comesTo) => {
      const { image, findings } = away;
      const plan: ShownPlan = { ...shown, to: { ...shown.to, image } };
      const { rules } = createPreconditions({ image: settingsOf('image', written) }, surroundings());
      const cause = `image: not known: ${image}: its registry: connection refused`;
      const outcome = checked(findings, { plan, rules });
      if (comesTo === 'is refused') {
        await expect(outcome).rejects.toMatchObject({ message: expect.stringContaining(cause) });
        return;
      }
      const { value } = await outcome;
      expect(value.warnings).toContain(comesTo === 'goes on' ? cause : `to be decided: ${cause}`);
      expect(preconditionQuestion(value) !== undefined).toBe(comesTo === 'is asked about');
      expect(value.hash).not.toBe(plan.hash);
    },
  );

  it.each<[string, Parameters<typeof checked>]>([
    ['of a service that has none', [undefined]],
    ['that changes nothing', [[gone], { plan: { ...shown, changesNothing: true } }]],
    [
      'that brings back what ran before',
      [[gone], { plan: { ...shown, pin: { ...shown.pin, purpose: 'restore' } } }],
    ],
  ])('%s stays as it is', async (_, [findings, options]) => {
    const { hash, warnings } = options?.plan ?? shown;
    expect(await checked(findings, options)).toMatchObject({
      value: { hash, warnings, preconditions: [] },
      summary: 'nothing to look at',
    });
  });
});
