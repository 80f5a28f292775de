import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERATOR_UPDATE_NAMES } from '../../src/domain/people/operator-events.ts';
import { ASKED, ready, reportOf, send, waits } from '../stories/asked.ts';
import { type Cast, openStage, type Stage } from '../stories/stage.ts';
import { seed } from './every-input.ts';
import { countRow, EVERYTHING } from './rows.ts';
import { type RawUpdate, updates } from './updates.ts';

const RUNS = EVERYTHING ? 30 : 4;
/** Fewer than the server takes for one run in all. */
const UPDATES_A_RUN = 60;

let stage: Stage;
let cast: Cast;
beforeAll(async () => {
  stage = await openStage();
  cast = await ready(stage, 'updates', ['v0.1.0', 'v0.2.0'], ASKED);
});
afterAll(() => stage?.close());

/** What came of an update: `taken`, or what it was refused with. */
async function sent(handle: WorkflowHandle, { name, input }: RawUpdate): Promise<string> {
  const payloads = input?.map((payload) => ({ ...payload }));
  try {
    const { outcome } = await stage.client.workflowService.updateWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId: handle.workflowId },
      waitPolicy: { lifecycleStage: 3 },
      request: {
        meta: { updateId: randomUUID(), identity: 'generated' },
        input: { name, ...(payloads ? { args: { payloads } } : {}) },
      },
    });
    const failure = outcome?.failure;
    return failure ? (failure.applicationFailureInfo?.type ?? failure.message ?? 'failed') : 'taken';
  } catch (error) {
    // The server itself refuses what has no name.
    return /update name|INVALID_ARGUMENT|invalid argument/i.test((error as Error).message)
      ? 'refused by the server'
      : `error: ${(error as Error).message}`;
  }
}

/** What an update may come to; `Error` is the SDK's answer to a name that no run takes. */
function isExpected(name: string, outcome: string): boolean {
  const isKnown = OPERATOR_UPDATE_NAMES.some((known) => known === name);
  return (isKnown ? ['taken', 'WrongAnswer'] : ['Error', 'refused by the server']).includes(outcome);
}

describe('whatever is sent to a run that waits for a decision', () => {
  it('is taken or refused with a sentence; no workflow task fails, and the run goes on as it was', async () => {
    const wrong: string[] = [];
    const counts = new Map<string, number>();
    for (let run = 0; run < RUNS; run += 1) {
      const handle = await cast.start({ target: 'revision:77' });
      await waits(handle, 'decision');
      const batch = fc.sample(updates, { numRuns: UPDATES_A_RUN, seed: seed() + run });
      for (const update of batch) {
        const outcome = await sent(handle, update);
        counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
        if (!isExpected(update.name, outcome)) wrong.push(`${update.name}: ${outcome}`);
      }
      for (const { input } of batch.slice(0, 20)) {
        await stage.client.workflowService.signalWorkflowExecution({
          namespace: 'default',
          workflowExecution: { workflowId: handle.workflowId },
          signalName: 'add-evidence',
          ...(input ? { input: { payloads: input.map((payload) => ({ ...payload })) } } : {}),
        });
      }
      expect((await reportOf(handle)).waitingFor?.kind).toBe('decision');
      await send(handle, 'decide', { answer: 'abort', decidedBy: 'anna', reason: 'that is all' });
      expect(await cast.end(handle)).toMatchObject({ outcome: 'failed', error: { type: 'TargetNotFound' } });
      const { events } = await handle.fetchHistory();
      for (const event of events ?? []) {
        const { failure } = event.workflowTaskFailedEventAttributes ?? {};
        if (failure) wrong.push(`a workflow task failed: ${failure.message}`);
      }
    }
    const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
    await countRow({
      family: 'generated input',
      fault: 'update or signal to a run that waits: any name, any payload in any encoding',
      target: 'both',
      ends: 'taken, or refused with a sentence; no workflow task failed, the run went on as it was',
      runs: all,
      right: all - wrong.length,
    });
    expect(wrong).toEqual([]);
    // Neither all refused nor all taken.
    expect(counts.get('taken')).toBeGreaterThan(5);
    expect(counts.get('WrongAnswer')).toBeGreaterThan(50);
  }, 300_000);
});
