import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { DEFAULT_POLICY } from '../../src/domain/request/policy.ts';
import { answersFor } from '../../src/domain/steps/recovery.ts';
import { STEP_IDS } from '../../src/domain/steps/steps.ts';

const file = 'runbook.yaml';
const text = (lines: string) => `services:
  orchestrator:
    kubernetes: { namespace: phoenix-orch, deployment: master-orchestrator }
    endpoint: http://127.0.0.1:8181/
${lines.replace(/^(?=.)/gm, '    ')}`;
const policy = (lines: string) => parseConfig(text(lines), { file }).services.orchestrator?.policy;
const faults = (lines: string): string[] => {
  try {
    parseConfig(text(lines), { file });
  } catch (error) {
    expect(error).toMatchObject({ type: 'InvalidConfig' });
    return (error as Error).message.split('\n');
  }
  return [];
};

const ASKED = STEP_IDS.filter(
  (step) => answersFor({ step, changeBegun: false, restorable: false, fallBacksLeft: 0 }).length > 0,
);

describe('how runs of a service behave', () => {
  it('is the default policy when the file says nothing', () => {
    expect(policy('')).toEqual(DEFAULT_POLICY);
  });

  it.each(['decisions', 'approval', 'budgets', 'followThrough'])('is the same with an empty %s', (key) => {
    expect(policy(`${key}: {}`)).toEqual(DEFAULT_POLICY);
  });

  it('is taken over from every key', () => {
    const lines = `decisions:
  wait: 1m
  atDeadline: fall-back
  fallBacks: 10
  steps:
    verify-metrics: { wait: 5m, atDeadline: skip }
    plan: { wait: 0s }
    wait-for-rollout: { atDeadline: restore-snapshot }
approval: { required: true, quorum: 2, approvers: [ada, " grace "], breakGlass: [sev1, sev2], expires: 1h30m }
onCancel: restore
longestPause: 24h
budgets: { decide: 1s, act: 2s, prove: 3s, target: 4s, acceptable: 5s }
followThrough: { for: 24h, every: 1m, failures: 20 }
`;
    expect(policy(lines)).toEqual({
      decisions: {
        waitMs: 60_000,
        atDeadline: 'fall-back',
        fallBacks: 10,
        steps: {
          'verify-metrics': { waitMs: 300_000, atDeadline: 'skip' },
          plan: { waitMs: 0 },
          'wait-for-rollout': { atDeadline: 'restore-snapshot' },
        },
      },
      approval: {
        required: true,
        quorum: 2,
        approvers: ['ada', 'grace'],
        breakGlass: ['sev1', 'sev2'],
        expiresMs: 5_400_000,
      },
      onCancel: 'restore',
      pauseMs: 86_400_000,
      budgets: { decideMs: 1000, actMs: 2000, proveMs: 3000, targetMs: 4000, acceptableMs: 5000 },
      followThrough: { forMs: 86_400_000, everyMs: 60_000, failures: 20 },
    });
  });

  it.each(ASKED)('may be set for the step %s, at which somebody is asked', (step) => {
    expect(policy(`decisions: { steps: { ${step}: { wait: 1s } } }`)?.decisions.steps).toEqual({
      [step]: { waitMs: 1000 },
    });
  });

  it.each(STEP_IDS.filter((step) => !ASKED.includes(step)))('cannot be set for %s', (step) => {
    expect(faults(`decisions: { steps: { ${step}: { wait: 1s } } }`)).toEqual([
      expect.stringContaining(
        `decisions.steps.${step}: not a step at which somebody is asked (known: check-`,
      ),
    ]);
  });

  it.each([
    'decisions: { wait: 0s, fallBacks: 0 }',
    'decisions: { wait: 0s, atDeadline: skip }',
    'decisions: { wait: 1s, atDeadline: retry }',
    'decisions: { wait: 0s, steps: { plan: { wait: 1s, atDeadline: retry } } }',
    'decisions: { atDeadline: retry, steps: { plan: { wait: 0s, atDeadline: abort } } }',
    'decisions: { steps: { plan: {} } }',
    'decisions: { steps: { watch-service: { atDeadline: fall-back } } }',
    'approval: { quorum: 10 }',
    'approval: { quorum: 2, approvers: [ada, grace] }',
    'approval: { required: true, breakGlass: [] }',
    'budgets: { target: 5m, acceptable: 5m }',
    'followThrough: { for: 0s, every: 10m, failures: 20 }',
    'followThrough: { for: 20001ms }',
    'followThrough: { for: 1s, every: 10m, failures: 1 }',
  ])('may be %s', (lines) => {
    expect(faults(lines)).toEqual([]);
  });

  it.each<[string, string]>([
    ['decisions:', 'decisions: expected object'],
    ['decisions: { waitt: 1s }', 'decisions.waitt: unknown key, did you mean wait?'],
    ['decisions: { wait: 15 }', 'decisions.wait: expected a duration such as'],
    ['decisions: { wait: 25h }', 'decisions.wait: expected between 0s and 24h'],
    [
      'decisions: { atDeadline: restart }',
      'decisions.atDeadline: expected one of retry, skip, go-on, restore-snapshot, fall-back, abort',
    ],
    [
      'decisions: { atDeadline: change-target }',
      'decisions.atDeadline: change-target needs a person who names the target',
    ],
    ['decisions: { atDeadline: }', 'decisions.atDeadline: expected one of retry, skip'],
    ['decisions: { fallBacks: 11 }', 'decisions.fallBacks: expected number to be <=10'],
    ['decisions: { fallBacks: -1 }', 'decisions.fallBacks: expected number to be >=0'],
    [
      'decisions: { atDeadline: fall-back, fallBacks: 0 }',
      'decisions.atDeadline: never possible: fallBacks is 0',
    ],
    [
      'decisions: { atDeadline: retry, wait: 999ms }',
      'decisions.atDeadline: would try again without a pause and without end: retry needs a wait of at least 1s',
    ],
    [
      'decisions: { atDeadline: retry, wait: 0s, steps: { plan: {} } }',
      'decisions.atDeadline: would try again without a pause',
    ],
    ['decisions: { steps: [plan] }', 'decisions.steps: expected record'],
    ['decisions: { steps: { plan: } }', 'decisions.steps.plan: expected object'],
    ['decisions: { steps: { plan: { wait: } } }', 'decisions.steps.plan.wait: expected a duration such as'],
    [
      'decisions: { steps: { plan: { wait: 25h } } }',
      'decisions.steps.plan.wait: expected between 0s and 24h',
    ],
    [
      'decisions: { steps: { plan: { fallBacks: 1 } } }',
      'decisions.steps.plan.fallBacks: unknown key (known: wait, atDeadline)',
    ],
    [
      'decisions: { steps: { verify-chatt: {} } }',
      'decisions.steps.verify-chatt: unknown step, did you mean verify-chat?',
    ],
    [
      'decisions: { steps: { plan: { atDeadline: change-target } } }',
      'decisions.steps.plan.atDeadline: change-target needs a person',
    ],
    [
      'decisions: { steps: { plan: { atDeadline: skip } } }',
      'decisions.steps.plan.atDeadline: never possible at this step (possible: retry, go-on, restore-snapshot, fall-back, abort)',
    ],
    [
      'decisions: { steps: { roll-back: { atDeadline: skip } } }',
      'decisions.steps.roll-back.atDeadline: never possible at this step',
    ],
    [
      'decisions: { fallBacks: 0, steps: { verify-chat: { atDeadline: fall-back } } }',
      'decisions.steps.verify-chat.atDeadline: never possible at this step (possible: retry, skip, restore-snapshot, abort)',
    ],
    [
      'decisions: { atDeadline: retry, steps: { plan: { wait: 0s } } }',
      'decisions.steps.plan.wait: would try again without a pause',
    ],
    [
      'decisions: { wait: 0s, steps: { plan: { atDeadline: retry } } }',
      'decisions.steps.plan.atDeadline: would try again without a pause',
    ],
    ['approval: true', 'approval: expected object, received boolean'],
    ['approval: { required: yes please }', 'approval.required: expected boolean'],
    ['approval: { quorum: 0 }', 'approval.quorum: expected number to be >=1'],
    ['approval: { quorum: 11 }', 'approval.quorum: expected number to be <=10'],
    [
      'approval: { quorum: 3, approvers: [ada, grace] }',
      'approval.quorum: more than there are approvers (2)',
    ],
    ['approval: { approvers: ada }', 'approval.approvers: expected array'],
    ['approval: { approvers: [ada, " "] }', 'approval.approvers[1]: must not be empty'],
    ['approval: { approvers: [ada, grace, Ada] }', 'approval.approvers[2]: the same approver twice'],
    [
      'approval: { approvers: ["https://people.example/ada"] }',
      'approval.approvers[0]: expected a name: neither an address nor a secret',
    ],
    ['approval: { approvers: ["a\\u202eda"] }', 'approval.approvers[0]: expected a name'],
    [
      `approval: { approvers: [${'a,'.repeat(51)}] }`,
      'approval.approvers: expected array to have <=50 items',
    ],
    ['approval: { breakGlass: true }', 'approval.breakGlass: expected array'],
    ['approval: { breakGlass: [SEV1] }', 'approval.breakGlass[0]: expected one of "sev1"|"sev2"'],
    ['approval: { expires: 0s }', 'approval.expires: expected between 1s and 24h'],
    ['onCancel: abort', 'onCancel: expected one of "finish"|"restore"'],
    ['longestPause: 0s', 'longestPause: expected between 1s and 24h'],
    ['budgets: { decide: 0s }', 'budgets.decide: expected between 1s and 24h'],
    ['budgets: { act: 8 }', 'budgets.act: expected a duration such as'],
    ['budgets: { whole: 8m }', 'budgets.whole: unknown key'],
    ['budgets: { acceptable: 14m }', 'budgets.acceptable: expected not under target'],
    ['budgets: { target: 31m }', 'budgets.acceptable: expected not under target'],
    ['followThrough: false', 'followThrough: expected object, received boolean'],
    ['followThrough: { for: 25h }', 'followThrough.for: expected between 0s and 24h'],
    ['followThrough: { every: 0s }', 'followThrough.every: expected between 100ms and 10m'],
    ['followThrough: { failures: 0 }', 'followThrough.failures: expected number to be >=1'],
    [
      'followThrough: { for: 20s }',
      'followThrough.for: can never find it unwell: 3 bad probes, one every 10 s, take 20 s',
    ],
  ])('may not be %s: %s', (lines, fault) => {
    const found = faults(lines);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatch(/^runbook\.yaml:\d+:\d+ services\.orchestrator\./);
    expect(found[0]).toContain(`services.orchestrator.${fault}`);
  });

  it('has its faults named with line and column, all at once', () => {
    const lines = `decisions:
  steps:
    plan:
      atDeadline: skip
approval:
  quorum: 2
  approvers: [ada]
budgets:
  acceptable: 1m
`;
    expect(faults(lines)).toEqual([
      expect.stringContaining(
        'runbook.yaml:8:23 services.orchestrator.decisions.steps.plan.atDeadline: never',
      ),
      expect.stringContaining('runbook.yaml:10:15 services.orchestrator.approval.quorum: more than'),
      expect.stringContaining('runbook.yaml:13:19 services.orchestrator.budgets.acceptable: expected not'),
    ]);
  });

  it('never has a secret repeated that stands for an approver', () => {
    const found = faults('approval: { approvers: [Bearer hush-hush-1] }');
    expect(found).toEqual([expect.stringContaining('approval.approvers[0]: this looks like a secret')]);
    expect(found.join()).not.toContain('hush-hush');
  });

  it('changes the hash of the profile', () => {
    const hash = (lines: string) => parseConfig(text(lines), { file }).services.orchestrator?.hash;
    expect(hash('onCancel: restore')).not.toBe(hash(''));
  });
});

describe('docs/configuration.md', () => {
  it.each(['decisions', 'approval'])('shows %s as the worker takes them', async (key) => {
    const document = await readFile(new URL('../../docs/configuration.md', import.meta.url), 'utf8');
    const [, shown] = new RegExp(`\`\`\`yaml\n( {4}${key}:\n[\\s\\S]*?)\`\`\``).exec(document) ?? [];
    const lines = (shown ?? expect.fail(`no ${key} shown`)).replace(/^ {4}/gm, '');
    expect(policy(lines)).not.toEqual(DEFAULT_POLICY);
  });
});
