import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { NeedVerdict } from '../../src/domain/need/assessment.ts';
import { DEFAULT_NEED_POLICY } from '../../src/domain/need/need-policy.ts';
import { auditHistory } from '../../src/report/from-history.ts';
import { parseHistory } from '../../src/report/history-file.ts';
import { assessed, type PolicyChange, refuse } from './scripted-service.ts';
import { decide, ended, openScriptedStage, type ScriptedStage, stepsOf, waits } from './scripted-stage.ts';

let stage: ScriptedStage;
beforeAll(async () => {
  stage = await openScriptedStage();
});
afterAll(() => stage?.close());

const NEED: PolicyChange = { need: DEFAULT_NEED_POLICY };

const castFor = (name: string, verdict: NeedVerdict, request: object = {}, policy: PolicyChange = {}) =>
  stage.cast(name, {
    policy: { ...NEED, ...policy },
    request,
    script: { 'assess-need': () => assessed(verdict) },
  });

const ALERT = { trigger: 'alert' } as const;

describe('whether it is the release', () => {
  it.each<[NeedVerdict, object, string]>([
    ['warranted', {}, 'rolled-back'],
    ['not-warranted', {}, 'rolled-back'],
    ['inconclusive', {}, 'rolled-back'],
    ['warranted', ALERT, 'rolled-back'],
    ['not-warranted', ALERT, 'not-warranted'],
  ])('%s, asked by %j: %s', async (verdict, request, outcome) => {
    const cast = await castFor('follows', verdict, request);
    const report = await ended(await cast.start());
    expect(report.outcome).toBe(outcome);
    expect(report.ledger.find(({ step }) => step === 'assess-need')?.need).toMatchObject({ verdict });
    const isBack = outcome === 'rolled-back';
    expect(cast.writes).toHaveLength(isBack ? 1 : 0);
    expect(stepsOf(report).includes('measure-impact')).toBe(isBack);
    // Nothing is kept, locked or planned of a run that ends here; people hear of it all the same.
    expect(stepsOf(report).includes('take-snapshot')).toBe(isBack);
    const { headline, lines } = cast.told.at(-1) ?? {};
    if (!isBack) expect(headline).toContain('was NOT rolled back');
    expect(lines?.join('\n')).toContain(`it is ${verdict}`);
  });

  it('is a question where an alert asks and it cannot be told: somebody goes on, and all is observed anew', async () => {
    const cast = await castFor('asked', 'inconclusive', ALERT);
    const run = await cast.start();
    expect(await waits(run, 'decision-1')).toMatchObject({
      step: 'assess-need',
      error: { type: 'NotWarranted', message: expect.stringContaining('it is inconclusive') },
      answers: ['retry', 'go-on', 'change-target', 'abort'],
      atDeadline: 'abort',
    });
    expect(cast.writes).toEqual([]);
    await decide(run, 'go-on');
    const report = await ended(run);
    expect(report.outcome).toBe('rolled-back');
    expect(stepsOf(report).filter((step) => step === 'identify-versions').length).toBeGreaterThan(1);
    expect(stepsOf(report).filter((step) => step === 'assess-need')).toHaveLength(1);
    const audit = auditHistory(parseHistory(historyToJSON(await run.fetchHistory())));
    expect(audit.agrees).toBe(true);
  });

  it('is measured again when somebody says so', async () => {
    const verdicts: NeedVerdict[] = ['inconclusive', 'warranted'];
    const cast = await stage.cast('again', {
      policy: NEED,
      request: ALERT,
      script: { 'assess-need': (_usual, time) => assessed(verdicts[time - 1] ?? 'warranted') },
    });
    const run = await cast.start();
    await waits(run, 'decision-1');
    await decide(run, 'retry');
    const report = await ended(run);
    expect(report.outcome).toBe('rolled-back');
    expect(stepsOf(report).filter((step) => step === 'assess-need')).toHaveLength(2);
  });

  it('ends the run where nobody is there to say so, and nothing was changed', async () => {
    const cast = await castFor('nobody', 'inconclusive', ALERT, { decisions: { waitMs: 0 } });
    const report = await ended(await cast.start());
    expect(report).toMatchObject({ outcome: 'failed', error: { type: 'NotWarranted' } });
    expect(cast.writes).toEqual([]);
    expect(stepsOf(report)).not.toContain('take-snapshot');
  });

  it('is shown by a dry run, which asks nobody and ends with the plan', async () => {
    const cast = await castFor('dry', 'not-warranted', { ...ALERT, dryRun: true });
    const report = await ended(await cast.start());
    expect(report).toMatchObject({ outcome: 'planned', plan: { to: { version: expect.any(String) } } });
    expect(report.ledger.find(({ need }) => need)?.need).toMatchObject({ verdict: 'not-warranted' });
  });

  it('is asked once a run, however often it is planned', async () => {
    const cast = await stage.cast('once', {
      policy: NEED,
      script: {
        'assess-need': () => assessed('warranted'),
        'roll-back': (usual, time) => (time === 1 ? refuse('WorkloadChanged') : usual()),
      },
    });
    const run = await cast.start();
    await waits(run, 'decision-1');
    await decide(run, 'retry');
    const report = await ended(run);
    expect(stepsOf(report).filter((step) => step === 'assess-need')).toHaveLength(1);
  });

  it('may be left out when it cannot be measured, and an impact that cannot stops nothing', async () => {
    const cast = await stage.cast('unmeasured', {
      policy: NEED,
      request: ALERT,
      script: {
        'assess-need': () => refuse('AccessDenied'),
        'measure-impact': () => refuse('AccessDenied'),
      },
    });
    const run = await cast.start();
    await waits(run, 'decision-1');
    await decide(run, 'skip');
    expect((await ended(run)).outcome).toBe('rolled-back');
  });

  it('keeps no person waiting who has decided: what cannot be measured stands in the ledger', async () => {
    const cast = await stage.cast('decided', {
      policy: NEED,
      script: { 'assess-need': () => refuse('AccessDenied') },
    });
    const report = await ended(await cast.start());
    expect(report.outcome).toBe('rolled-back');
    expect(report.ledger.find(({ step }) => step === 'assess-need')).toMatchObject({ outcome: 'failed' });
    expect(stepsOf(report)).not.toContain('measure-impact');
    expect(report.events ?? []).toEqual([]);
  });

  it('is not asked by runs whose profile does not ask', async () => {
    const cast = await stage.cast('without', {});
    const report = await ended(await cast.start());
    for (const step of ['assess-need', 'check-preconditions', 'measure-impact']) {
      expect(stepsOf(report)).not.toContain(step);
    }
  });
});
