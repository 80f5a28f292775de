import { createHash } from 'node:crypto';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Finding } from '../../src/domain/versions/findings.ts';
import type { Plan } from '../../src/domain/versions/plan.ts';
import { weighFindings } from '../../src/domain/versions/weigh-findings.ts';
import { auditHistory } from '../../src/report/from-history.ts';
import { parseHistory } from '../../src/report/history-file.ts';
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

const ASKED: Finding = {
  rule: 'llm-provider',
  object: 'configmap/app-config',
  key: 'config.toml',
  path: 'llm.default_provider',
  says: 'names a provider that has no section (it is "gemini")',
  on: 'ask',
};
const LINE =
  'configmap/app-config config.toml llm.default_provider names a provider that has no section (it is "gemini") (llm-provider)';

/** The plan of the runbook, whose config does not keep a rule while it goes to one of these versions. */
const asksFor =
  (...versions: readonly string[]): Scripted =>
  (usual) => {
    const { hash: _hash, diff, ...planned } = usual() as Plan & { hash: string; diff: string };
    const isRestore = planned.pin.purpose === 'restore';
    const weighed = weighFindings(planned, isRestore || versions.includes(planned.to.version) ? [ASKED] : []);
    if ('refused' in weighed) throw new Error(weighed.refused);
    const { plan, findings } = weighed;
    const hash = createHash('sha256').update(JSON.stringify(plan)).digest('hex');
    return { ...plan, hash, diff, ...(findings.length > 0 ? { findings } : {}) };
  };

const castFor = (name: string, policy: PolicyChange = {}, versions = ['0.3.0'], more = {}) =>
  stage.cast(name, { policy, script: { plan: asksFor(...versions) }, ...more });

describe('a plan of whose config somebody is to decide', () => {
  it('is carried out when somebody says so: they have read what is wrong, and so has everybody afterwards', async () => {
    const cast = await castFor('consent');
    const run = await cast.start();
    const open = await waits(run, 'decision-1');
    expect(open).toMatchObject({
      step: 'plan',
      error: { type: 'SettingsRefused', message: expect.stringContaining(LINE) },
      answers: ['retry', 'go-on', 'change-target', 'abort'],
      atDeadline: 'abort',
    });
    expect(cast.writes).toEqual([]);
    await expect(decide(run, 'skip')).rejects.toThrow();
    await decide(run, 'go-on');
    const report = await ended(run);
    expect(report).toMatchObject({ outcome: 'rolled-back', plan: { to: { version: '0.3.0' } } });
    expect(report.plan?.warnings).toContain(`to be decided: ${LINE}`);
    expect(cast.told[0]?.lines.join('\n')).toContain('go-on: carry out what was asked about all the same');
    const lines = cast.told.at(-1)?.lines.join('\n');
    for (const said of [`critical setting: ${LINE}`, 'ben: go-on (seen)']) expect(lines).toContain(said);

    const audit = auditHistory(parseHistory(historyToJSON(await run.fetchHistory())));
    expect(audit.agrees).toBe(true);
    expect(audit.report.events?.map(({ kind, answer }) => answer ?? kind)).toEqual(['decision-due', 'go-on']);
  });

  it('is left for another target, or planned anew, when somebody says that', async () => {
    const cast = await castFor('elsewhere', {}, ['0.3.0', '0.2.0']);
    const run = await cast.start();
    await waits(run, 'decision-1');
    await decide(run, 'retry');
    await waits(run, 'decision-2');
    await decide(run, 'change-target', { target: '0.1.0' });
    const report = await ended(run);
    expect(report).toMatchObject({ outcome: 'rolled-back', plan: { to: { version: '0.1.0' } } });
    expect(cast.writes).toEqual(['0.1.0']);
  });

  it.each<[string, PolicyChange, string, readonly string[]]>([
    ['is not carried out where nobody is asked', { decisions: { waitMs: 0 } }, 'failed', []],
    [
      'is carried out where nobody is asked, and the profile says so',
      { decisions: { waitMs: 0, steps: { plan: { atDeadline: 'go-on' } } } },
      'rolled-back',
      ['0.3.0'],
    ],
    [
      'is carried out when nobody has answered in time, and the profile says so',
      { decisions: { waitMs: 200, atDeadline: 'go-on' } },
      'rolled-back',
      ['0.3.0'],
    ],
  ])('%s', async (_what, policy, outcome, writes) => {
    const cast = await castFor('unattended', policy);
    const report = await ended(await cast.start());
    expect(report.outcome).toBe(outcome);
    expect(cast.writes).toEqual(writes);
    if (outcome === 'failed') expect(report.error?.type).toBe('SettingsRefused');
    else expect(report.events?.at(-1)).toMatchObject({ kind: 'decision', answer: 'go-on' });
  });

  it('is decided on before it is approved, and whoever approves sees what is wrong', async () => {
    const cast = await castFor('approved', { approval: { required: true } });
    const run = await cast.start();
    await waits(run, 'decision-1');
    await decide(run, 'go-on');
    const open = await waits(run, 'approval-1');
    expect(cast.told.find(({ about }) => about === 'approval-1')?.lines).toContain(
      `note: to be decided: ${LINE}`,
    );
    await send(run, 'approve', { plan: 'planHash' in open ? open.planHash : '', approvedBy: 'ben' });
    expect((await ended(run)).outcome).toBe('rolled-back');
  });

  it('is left as it is by a run that is cancelled meanwhile', async () => {
    const cast = await castFor('cancelled');
    const run = await cast.start();
    await waits(run, 'decision-1');
    await run.cancel();
    expect((await ended(run)).outcome).toBe('cancelled');
    expect(cast.writes).toEqual([]);
  });

  it('is shown by a dry run, which asks nobody', async () => {
    const cast = await castFor('shown', {}, ['0.3.0'], { request: { dryRun: true } });
    const report = await ended(await cast.start());
    expect(report).toMatchObject({ outcome: 'planned', plan: { findings: [ASKED] } });
    expect(report.events ?? []).toEqual([]);
  });

  it('is asked about once, however often it is planned', async () => {
    const cast = await castFor('once', {}, ['0.3.0'], {
      script: {
        plan: asksFor('0.3.0'),
        'roll-back': (usual: () => unknown, time: number) =>
          time === 1 ? refuse('WorkloadChanged') : usual(),
      },
    });
    const run = await cast.start();
    await waits(run, 'decision-1');
    await decide(run, 'go-on');
    expect(await waits(run, 'decision-2')).toMatchObject({ step: 'roll-back' });
    await decide(run, 'retry');
    const report = await ended(run);
    expect(report.outcome).toBe('rolled-back');
    expect(stepsOf(report).filter((step) => step === 'plan')).toHaveLength(2);
  });

  it('is asked about after the change too, and what ran before can still come back', async () => {
    const sick = { '0.3.0': { chat: 'failed' as const } };
    const cast = await castFor('fallen-back', {}, ['0.2.0'], { bad: sick });
    const run = await cast.start();
    await waits(run, 'decision-1');
    await decide(run, 'fall-back');
    expect(await waits(run, 'decision-2')).toMatchObject({
      step: 'plan',
      answers: ['retry', 'go-on', 'restore-snapshot', 'fall-back', 'abort'],
    });
    // A restore is not asked about: the rule is told with it.
    await decide(run, 'restore-snapshot');
    const report = await ended(run);
    expect(report.outcome).toBe('restored');
    expect(report.plan?.warnings).toContain(LINE);
    expect(stepsOf(report).filter((step) => step === 'roll-back')).toHaveLength(2);
  });
});
