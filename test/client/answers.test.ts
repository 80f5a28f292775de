import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  AnswerRefused,
  addEvidence,
  addNote,
  cancelRun,
  changeTarget,
  decide,
  pause,
  RunNotOpen,
  RunUnanswered,
  repeatCheck,
  reportOf,
  resume,
  waitingFor,
} from '../../src/client/index.ts';
import { ready, standsStill, waits } from '../stories/asked.ts';
import { type Cast, openStage, type Stage } from '../stories/stage.ts';

let stage: Stage;
let cast: Cast;
beforeAll(async () => {
  stage = await openStage();
  cast = await ready(stage, 'answers', ['v0.1.0', 'v0.2.0']);
});
afterAll(() => stage?.close());

/** A run that waits for a decision before anything is changed. */
async function stuck(): Promise<string> {
  const handle = await cast.start({ target: 'revision:77' });
  await waits(handle, 'decision');
  return handle.workflowId;
}
const by = { decidedBy: 'ada', reason: 'seen in the logs' };

describe('an answer', () => {
  it('that fits returns the line of the ledger that it became', async () => {
    const { client } = stage;
    const id = await stuck();
    expect(await waitingFor(client, id)).toMatchObject({ kind: 'decision', id: 'decision-1' });
    const note = await addNote(client, id, { note: 'phoned ops', by: 'ada' });
    const more = { by: 'alertmanager', reason: 'fires', symptoms: ['500'] };
    const evidence = await addEvidence(client, id, more);
    const answer = await decide(client, id, { answer: 'abort', ...by });
    expect(answer).toMatchObject({ kind: 'decision', by: 'ada', answer: 'abort', reason: by.reason });
    await expect(client.workflow.getHandle(id).result()).rejects.toThrow();
    const { events } = await reportOf(client, id);
    expect(events?.slice(1)).toEqual([note, evidence, answer]);
  });

  it('changes the target, and stops a run and lets it go on', async () => {
    const { client } = stage;
    const id = await stuck();
    const why = { by: 'ada', reason: 'looking' };
    expect(await pause(client, id, why)).toMatchObject({ kind: 'pause' });
    expect(await changeTarget(client, id, { target: 'revision:78', ...why })).toMatchObject({
      summary: 'target is revision:78 now',
    });
    await waits(client.workflow.getHandle(id), 'pause');
    expect(await resume(client, id, why)).toMatchObject({ kind: 'resume' });
    await waits(client.workflow.getHandle(id), 'decision');
    await decide(client, id, { answer: 'abort', ...by });
  });

  it('that does not fit is refused in the words of the run, and leaves nothing in it', async () => {
    const { client } = stage;
    const id = await stuck();
    const handle = client.workflow.getHandle(id);
    await standsStill(handle);
    const before = await reportOf(client, id);
    const { historyLength } = await handle.describe();
    const refused = decide(client, id, { answer: 'restore-snapshot', ...by });
    await expect(refused).rejects.toBeInstanceOf(AnswerRefused);
    await expect(refused).rejects.toThrow(/restore-snapshot is not possible.*retry \(try again\)/);
    await expect(resume(client, id, { by: 'ada', reason: 'x' })).rejects.toThrow('the run is not paused');
    await expect(repeatCheck(client, id, { check: 'chat', by: 'ada', reason: 'x' })).rejects.toThrow(
      'there is no finished rollout',
    );
    expect(await reportOf(client, id)).toEqual(before);
    expect((await handle.describe()).historyLength).toBe(historyLength);
    await decide(client, id, { answer: 'abort', ...by });
  });

  it('counts once however often it is sent with the same id', async () => {
    const { client } = stage;
    const id = await stuck();
    const once = { updateId: 'button-7' };
    const first = await addNote(client, id, { note: 'once', by: 'ada' }, once);
    expect(await addNote(client, id, { note: 'once', by: 'ada' }, once)).toEqual(first);
    const { events } = await reportOf(client, id);
    expect(events?.filter(({ kind }) => kind === 'note')).toHaveLength(1);
    await decide(client, id, { answer: 'abort', ...by });
  });

  it('finds no run that never was, or that has closed', async () => {
    const { client } = stage;
    const id = await stuck();
    await decide(client, id, { answer: 'abort', ...by });
    await expect(client.workflow.getHandle(id).result()).rejects.toThrow();
    await expect(addNote(client, id, { note: 'late', by: 'ada' })).rejects.toBeInstanceOf(RunNotOpen);
    const never = addNote(client, 'rollback/never', { note: 'x', by: 'ada' });
    await expect(never).rejects.toThrow('there is no run rollback/never that is under way');
  });

  it('that no worker takes in time may be sent again, with the id that the error names', async () => {
    const { client } = stage;
    const late = await stage.cast('lonely', { worker: false });
    const verify = await client.workflow.start('verify', {
      workflowId: 'verify/unasked',
      taskQueue: late.taskQueue,
      args: [{}],
    });
    const sent = decide(client, verify.workflowId, { answer: 'retry', ...by }, { withinMs: 500 });
    await expect(sent).rejects.toBeInstanceOf(RunUnanswered);
    await expect(sent).rejects.toThrow(/nobody has answered for verify\/unasked.*update id/);
    await verify.terminate();
  });
});

describe('a run that is cancelled', () => {
  it('has a note of who and why, and closes as cancelled', async () => {
    const { client } = stage;
    const id = await stuck();
    expect(await cancelRun(client, id, { by: 'ada', reason: 'false alarm' })).toEqual({ noted: true });
    await expect(client.workflow.getHandle(id).result()).rejects.toMatchObject({
      cause: { name: 'CancelledFailure' },
    });
    const { outcome, events } = await reportOf(client, id);
    expect(outcome).toBe('cancelled');
    expect(events).toContainEqual(
      expect.objectContaining({ kind: 'note', by: 'ada', summary: 'cancels the run: false alarm' }),
    );
    await expect(cancelRun(client, id, { by: 'ada' })).rejects.toBeInstanceOf(RunNotOpen);
  });

  it('is cancelled all the same when no worker is there to take the note', async () => {
    const { client } = stage;
    const alone = await stage.cast('alone', { worker: false });
    const handle = await alone.start();
    const noted = await cancelRun(client, handle.workflowId, { by: 'ada' }, { withinMs: 500 });
    expect(noted).toEqual({ noted: false });
    const { events } = await handle.fetchHistory();
    expect(events?.some((event) => event.workflowExecutionCancelRequestedEventAttributes)).toBe(true);
    await client.workflow.getHandle(handle.workflowId).terminate();
  });
});
