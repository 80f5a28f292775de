import { describe, expect, it } from 'vitest';
import type { Consequence, Finding } from '../../../src/domain/versions/findings.ts';
import type { Plan } from '../../../src/domain/versions/plan.ts';
import { questionOf, weighFindings } from '../../../src/domain/versions/weigh-findings.ts';

const finding = (on: Consequence, path = 'llm.default_provider'): Finding => ({
  rule: 'llm-provider',
  object: 'configmap/app-config',
  key: 'config.toml',
  path,
  says: 'is empty',
  on,
});
const LINE = 'configmap/app-config config.toml llm.default_provider is empty (llm-provider)';

const version = (name: string) => ({ version: name, image: '', revision: 1, fingerprint: name });
const plan = (purpose?: 'restore') =>
  ({
    from: version('0.2.0'),
    to: version('0.1.0'),
    basis: 'known-good',
    changesNothing: false,
    pin: { target: 'compose', ...(purpose ? { purpose } : {}) } as Plan['pin'],
    baseline: {},
    warnings: ['before'],
  }) satisfies Plan;

describe('critical rules that a config does not keep', () => {
  it.each<
    [
      string,
      readonly Consequence[],
      'restore' | undefined,
      boolean,
      readonly string[] | 'refused',
      readonly Consequence[],
    ]
  >([
    ['none', [], undefined, false, [], []],
    ['one that is told', ['warn'], undefined, false, [LINE], ['warn']],
    ['one to be decided', ['ask'], undefined, false, [`to be decided: ${LINE}`], ['ask']],
    ['one that blocks', ['block', 'warn'], undefined, false, 'refused', []],
    ['one that blocks, forced', ['block'], undefined, true, [`forced: ${LINE}`], ['warn']],
    [
      'one to be decided, forced',
      ['ask', 'warn'],
      undefined,
      true,
      [`forced: ${LINE}`, LINE],
      ['warn', 'warn'],
    ],
    ['one that blocks, in a restore', ['block', 'ask'], 'restore', false, [LINE, LINE], ['warn', 'warn']],
  ])('%s', (_what, consequences, purpose, force, warnings, left) => {
    const weighed = weighFindings(
      plan(purpose),
      consequences.map((on) => finding(on)),
      { force },
    );
    if ('refused' in weighed) {
      expect(warnings).toBe('refused');
      for (const told of ['0.1.0', LINE, 'mend the setting', 'force', 'config.critical']) {
        expect(`${weighed.refused}: ${weighed.remedy}`).toContain(told);
      }
      return;
    }
    expect(weighed.plan.warnings).toEqual(['before', ...warnings]);
    expect(weighed.findings.map(({ on }) => on)).toEqual(left);
    expect(questionOf(weighed) === undefined).toBe(!left.includes('ask'));
  });

  it('cannot be mended in what comes back as it was', () => {
    const copies = [{ reference: 'configmap/app-config', name: 'copy', uid: '', hash: '' }];
    const pin = { target: 'kubernetes', copies } as unknown as Plan['pin'];
    const weighed = weighFindings({ ...plan(), pin }, [finding('block')]);
    expect('remedy' in weighed && weighed.remedy).toMatch(/^it comes back as it was proved.*choose another/);
  });

  it('are named up to a number, and counted beyond it', () => {
    const many = Array.from({ length: 30 }, (_, index) => finding('ask', `a${index}`));
    const weighed = weighFindings(plan(), many);
    if ('refused' in weighed) throw new Error(weighed.refused);
    expect(weighed.findings).toHaveLength(20);
    expect(weighed.plan.warnings.at(-1)).toBe('10 more settings do not keep critical rules');
    expect(questionOf(weighed)).toMatch(/a4 is empty \(llm-provider\); and 15 more/);
    const refused = weighFindings(
      plan(),
      many.map((one) => ({ ...one, on: 'block' as const })),
    );
    expect('refused' in refused && refused.refused).toMatch(/; and 25 more$/);
  });
});
