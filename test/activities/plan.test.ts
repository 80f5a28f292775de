import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import type { Dependencies } from '../../src/activities/dependencies.ts';
import { plan } from '../../src/activities/plan.ts';
import type { Consequence, Finding } from '../../src/domain/versions/findings.ts';
import type { PlanOptions } from '../../src/domain/versions/plan-rollback.ts';
import type { TargetWish } from '../../src/domain/versions/targets.ts';
import type { RollbackTarget } from '../../src/targets/target.ts';
import { candidate, evidence, observed } from '../domain/observed.ts';

const finding = (on: Consequence): Finding => ({
  rule: 'llm-provider',
  object: 'configmap/app-config',
  key: 'config.toml',
  path: 'llm.default_provider',
  says: 'is empty',
  on,
});
const LINE = 'configmap/app-config config.toml llm.default_provider is empty (llm-provider)';

const at = (revision: number) => `2026-11-0${revision}T00:00:00.000Z`;
const proved = (version: string, revision: number) =>
  candidate(version, revision, { createdAt: at(revision), evidence: evidence(version, at(revision)) });

/** Plans for a service of 0.1.0 to 0.4.0, all proved but the last; what is wrong with the config of each is given. */
async function planned(
  wish: TargetWish,
  wrong: Readonly<Record<string, Consequence>>,
  options: PlanOptions = {},
) {
  const seen = observed(candidate('0.4.0', 4, { createdAt: at(4) }), [
    proved('0.3.0', 3),
    proved('0.2.0', 2),
    proved('0.1.0', 1),
  ]);
  const target: Pick<RollbackTarget, 'resolve'> = {
    async resolve(made) {
      const on = wrong[made.to.version];
      return { plan: made, diff: '', ...(on ? { findings: [finding(on)] } : {}) };
    },
  };
  const deps = { service: () => ({ target }) } as unknown as Dependencies;
  const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  type Planned = Awaited<ReturnType<ReturnType<typeof plan>>>;
  return (await environment.run(plan(deps), 'orchestrator', wish, seen, options)) as Planned;
}

const KNOWN_GOOD: TargetWish = { kind: 'known-good' };
const OLDER: TargetWish = { kind: 'older-known-good', tried: ['template-0.4.0'] };

describe('a plan whose config does not keep a critical rule', () => {
  it('is refused, with what to do, and is not another plan than the one that was asked for', async () => {
    await expect(planned(KNOWN_GOOD, { '0.3.0': 'block' })).rejects.toMatchObject({
      type: 'SettingsRefused',
      nonRetryable: true,
      message: expect.stringContaining(LINE),
    });
  });

  it('goes on with force, and says so', async () => {
    const { value, summary } = await planned(KNOWN_GOOD, { '0.3.0': 'block' }, { force: true });
    expect(value).toMatchObject({ to: { version: '0.3.0' }, findings: [{ on: 'warn' }] });
    expect(value.warnings).toContain(`forced: ${LINE}`);
    expect(summary).toContain('; 1 critical rule is not kept');
  });

  it('is restored all the same where it ran before, and told', async () => {
    const snapshot = {
      fingerprint: 'template-0.3.0',
      version: '0.3.0',
      image: '',
      generation: 3,
      keptIn: 'replicaset/rs-3',
      uid: 'uid-3',
    };
    const { value } = await planned({ kind: 'snapshot', snapshot }, { '0.3.0': 'block' });
    expect(value).toMatchObject({ pin: { purpose: 'restore' }, findings: [{ on: 'warn' }] });
    expect(value.warnings).toContain(LINE);
  });

  it('is another plan than the same one without: who has approved that has not approved this', async () => {
    const hashes = await Promise.all(
      [{}, { '0.3.0': 'ask' as const }, { '0.3.0': 'warn' as const }].map(
        async (wrong) => (await planned(KNOWN_GOOD, wrong)).value.hash,
      ),
    );
    expect(new Set(hashes).size).toBe(3);
  });

  it('is passed over by a fall-back, which nobody has chosen', async () => {
    const { value } = await planned(OLDER, { '0.3.0': 'block', '0.2.0': 'block' });
    expect(value.to.version).toBe('0.1.0');
    const passed = value.warnings.filter((warning) => warning.startsWith('passed over: '));
    expect(passed.map((warning) => /0\.\d\.0/.exec(warning)?.[0])).toEqual(['0.3.0', '0.2.0']);
  });

  it('is named by a fall-back that finds no other', async () => {
    const wrong = { '0.3.0': 'block', '0.2.0': 'block', '0.1.0': 'block' } as const;
    await expect(planned(OLDER, wrong)).rejects.toMatchObject({
      type: 'NoHistory',
      message: expect.stringMatching(/passed over: 0.3.0 .*passed over: 0.1.0 /),
    });
  });
});
