import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunReport } from '../../src/domain/ledger/ledger.ts';
import { auditHistory } from '../../src/report/from-history.ts';
import { parseHistory } from '../../src/report/history-file.ts';
import { refuse } from './scripted-service.ts';
import {
  decide,
  ended,
  openScriptedStage,
  reportOf,
  type ScriptedStage,
  send,
  stepsOf,
  stop,
  waits,
} from './scripted-stage.ts';

let stage: ScriptedStage;
beforeAll(async () => {
  stage = await openScriptedStage();
});
afterAll(() => stage?.close());

const SICK = { '0.3.0': { chat: 'failed' as const } };
const ALL_SICK = { ...SICK, '0.2.0': { chat: 'failed' as const }, '0.1.0': { chat: 'failed' as const } };

describe('a default that is taken again and again comes to its end', () => {
  it('restore-snapshot, when the snapshot is lost', async () => {
    const cast = await stage.cast('endless-restore', {
      policy: { decisions: { waitMs: 0, atDeadline: 'restore-snapshot' } },
      bad: SICK,
      script: { plan: (usual, time) => (time > 1 ? refuse('PinLost') : usual()) },
    });
    const report = await ended(await cast.start());
    expect(report).toMatchObject({ outcome: 'failed', error: { type: 'PinLost' } });
    expect(stepsOf(report).filter((step) => step === 'plan')).toHaveLength(2);
  });

  it('fall-back, when no version is left', async () => {
    const cast = await stage.cast('endless-fall-back', {
      policy: { decisions: { waitMs: 0, atDeadline: 'fall-back', fallBacks: 9 } },
      bad: ALL_SICK,
    });
    const report = await ended(await cast.start());
    expect(report).toMatchObject({ outcome: 'failed', error: { type: 'NoHistory' } });
    expect(cast.writes).toEqual(['0.3.0', '0.2.0', '0.1.0']);
  });
});

describe('two steps that fail side by side', () => {
  it('are one question: the answer that ends the run, or leads it elsewhere, is for both', async () => {
    const cast = await stage.cast('side-by-side', {
      script: {
        'check-access': (usual, time) => (time === 1 ? refuse('WorkloadMissing') : usual()),
        'identify-versions': (usual, time) => (time === 1 ? refuse('WorkloadMissing') : usual()),
      },
    });
    const run = await cast.start();
    await waits(run, 'decision-1');
    await decide(run, 'change-target', { target: '0.2.0' });
    const report = await ended(run);
    expect(report).toMatchObject({ outcome: 'rolled-back', plan: { to: { version: '0.2.0' } } });
    expect(report.events?.filter(({ kind }) => kind === 'decision-due')).toHaveLength(1);
  });
});

describe('a write without an answer', () => {
  it('that a repetition finds done was made: another target is out of the question, restoring is not', async () => {
    const cast = await stage.cast('unanswered', {
      bad: SICK,
      script: {
        'roll-back': (usual, time) => {
          const started = usual();
          return time === 1 ? refuse('Unreachable') : started;
        },
      },
    });
    const run = await cast.start();
    await waits(run, 'decision-1');
    await decide(run, 'retry');
    expect(await waits(run, 'decision-2')).toMatchObject({
      answers: ['retry', 'skip', 'restore-snapshot', 'fall-back', 'abort'],
    });
    await decide(run, 'restore-snapshot');
    expect((await ended(run)).outcome).toBe('restored');
    expect(cast.live.version).toBe('0.4.0');
  });
});

describe('planned anew after the change', () => {
  it('keeps what can be restored, and does not call its own change one that was there already', async () => {
    const cast = await stage.cast('anew', {
      script: {
        'wait-for-rollout': (usual, time) => (time === 1 ? refuse('RolloutTimedOut') : usual()),
        'roll-back': (usual, time) => (time === 2 ? refuse('WorkloadChanged') : usual()),
        'verify-chat': (usual, time) => (time === 1 ? refuse('Unreachable') : usual()),
      },
      request: { wish: { kind: 'version', version: '0.3.0' } },
    });
    const run = await cast.start();
    await waits(run, 'decision-1');
    await decide(run, 'retry');
    await waits(run, 'decision-2');
    await decide(run, 'retry');
    expect(await waits(run, 'decision-3')).toMatchObject({ step: 'verify-chat' });
    await decide(run, 'retry');
    expect((await ended(run)).outcome).toBe('rolled-back');
  });

  it('does not offer an older snapshot, of something else, when the last one was left out', async () => {
    const cast = await stage.cast('stale-snapshot', {
      bad: ALL_SICK,
      script: {
        'roll-back': (usual, time) => (time === 1 ? refuse('WorkloadChanged') : usual()),
        'take-snapshot': (usual, time) => (time === 2 ? refuse('AccessDenied') : usual()),
      },
    });
    const run = await cast.start();
    await waits(run, 'decision-1');
    await decide(run, 'retry');
    await waits(run, 'decision-2');
    await decide(run, 'skip');
    await waits(run, 'decision-3');
    await decide(run, 'fall-back');
    expect(await waits(run, 'decision-4')).toMatchObject({
      step: 'verify-chat',
      answers: ['retry', 'skip', 'fall-back', 'abort'],
    });
    await decide(run, 'abort');
    expect((await ended(run)).outcome).toBe('not-proved');
  });
});

describe('what is left out', () => {
  it('is what was asked about: the next bad check is asked about as well', async () => {
    const bad = { '0.3.0': { chat: 'failed' as const, agents: 'failed' as const } };
    const cast = await stage.cast('one-skip', { bad });
    const run = await cast.start();
    await waits(run, 'decision-1');
    await decide(run, 'skip');
    expect(await waits(run, 'decision-2')).toMatchObject({ step: 'verify-agents' });
    await decide(run, 'abort');
    expect((await ended(run)).outcome).toBe('not-proved');
    expect(cast.proofs).toEqual([]);
  });

  it('is health alone: what did not run because of it runs then', async () => {
    const cast = await stage.cast('skip-health', { bad: { '0.3.0': { health: 'failed' } } });
    const run = await cast.start();
    await waits(run, 'decision-1');
    expect(stepsOf(await reportOf(run))).not.toContain('verify-chat');
    await decide(run, 'skip');
    const report = await ended(run);
    expect(report).toMatchObject({
      outcome: 'rolled-back',
      summary: expect.stringContaining('health left out'),
    });
    expect(stepsOf(report)).toContain('verify-chat');
    expect(cast.proofs).toEqual([]);
  });
});

describe('a restored run', () => {
  it('says what made somebody restore, not what went wrong beside it', async () => {
    const cast = await stage.cast('why-restored', {
      bad: { '0.3.0': { chat: 'failed', metrics: 'inconclusive' } },
      script: { 'identify-versions': (usual, time) => (time === 2 ? refuse('AccessDenied') : usual()) },
    });
    const run = await cast.start();
    await waits(run, 'decision-1');
    await decide(run, 'restore-snapshot');
    await waits(run, 'decision-2');
    await decide(run, 'retry');
    const report = await ended(run);
    expect(report).toMatchObject({ outcome: 'restored', error: { type: 'VerificationFailed' } });
    expect(report.summary).toContain('chat failed');
  });
});

describe('another target', () => {
  it('may be asked for while the run is paused before the change', async () => {
    const here = stop();
    const cast = await stage.cast('paused-target', { script: { plan: here.at(1) } });
    const run = await cast.start();
    await here.reached;
    await send(run, 'pause', { by: 'ben', reason: 'another one is better' });
    here.release();
    await waits(run, 'pause-1');
    await send(run, 'change-target', { target: '0.2.0', by: 'ben', reason: 'that one' });
    await send(run, 'resume', { by: 'ben', reason: 'done' });
    expect((await ended(run)).plan?.to.version).toBe('0.2.0');
    expect(cast.writes).toEqual(['0.2.0']);
  });

  it('answers a decision that offers it, and is planned in a dry run too', async () => {
    const cast = await stage.cast('offered-target', {
      script: { 'roll-back': (usual, time) => (time === 1 ? refuse('WriteRejected') : usual()) },
    });
    const run = await cast.start();
    await waits(run, 'decision-1');
    await send(run, 'change-target', { target: '0.2.0', by: 'ben', reason: 'that one' });
    expect((await ended(run)).plan?.to.version).toBe('0.2.0');

    const here = stop();
    const dry = await stage.cast('dry-target', { request: { dryRun: true }, script: { plan: here.at(1) } });
    const planned = await dry.start();
    await here.reached;
    await send(planned, 'change-target', { target: '0.2.0', by: 'ben', reason: 'that one' });
    here.release();
    expect((await ended(planned)).plan?.to.version).toBe('0.2.0');
  });
});

describe('the audit of a run that a deadline ended', () => {
  it('U3 names the answer that was taken, and compares it with what the run says', async () => {
    const cast = await stage.cast('deadline', {
      policy: { decisions: { waitMs: 200, steps: { 'verify-health': { waitMs: 200, atDeadline: 'skip' } } } },
      bad: { '0.3.0': { health: 'failed', chat: 'failed' } },
    });
    const run = await cast.start();
    const report = await ended(run);
    const answers = ({ events = [] }: Pick<RunReport, 'events'>) =>
      events.filter(({ kind }) => kind === 'decision').map(({ answer, summary }) => [answer, summary]);
    const text = historyToJSON(await run.fetchHistory());
    const audit = auditHistory(parseHistory(text));
    expect(answers(audit.report)).toEqual([
      ['skip', 'skip: nobody has answered in time'],
      ['abort', 'abort: nobody has answered in time'],
    ]);
    expect(answers(audit.report)).toEqual(answers(report));
    expect(audit.agrees).toBe(true);
    const summary = (answer: string) =>
      Buffer.from(JSON.stringify(`decision-2: deadline, then ${answer}`)).toString('base64');
    const forged = text.replaceAll(summary('abort'), summary('retry'));
    expect(forged).not.toBe(text);
    expect(auditHistory(parseHistory(forged)).agrees).toBe(false);
  });

  it('U3 of before deadlines said it names the answer of the profile', () => {
    const file = join(import.meta.dirname, '../histories/decided-by-deadline.json');
    const { events = [] } = auditHistory(parseHistory(readFileSync(file, 'utf8'))).report;
    expect(events.find(({ kind }) => kind === 'decision')?.summary).toBe(
      'restore-snapshot, or abort where that was not possible: nobody has answered in time',
    );
  });
});
