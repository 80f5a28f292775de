import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { entryOf } from '../../src/wiring/worker-log.ts';

const meta = { activityType: 'check-access', workflowId: 'rollback/x', attempt: 2, workflowType: 'rollback' };
const expected = ApplicationFailure.create({ type: 'TargetNotFound', message: 'revision 77 is not there' });

describe('U6 an entry of the worker’s log', () => {
  it('is one line for an error that is expected, and none where a command shows it', () => {
    const entry = { message: 'Activity failed', meta: { ...meta, error: expected } };
    expect(entryOf(entry, true)).toBe(
      'check-access of rollback/x failed (attempt 2): TargetNotFound: revision 77 is not there',
    );
    expect(entryOf(entry, false)).toBeUndefined();
    const run = { message: 'Workflow failed', meta: { ...meta, error: new Error('chat failed') } };
    expect(entryOf(run, true)).toBe('rollback rollback/x failed: chat failed');
    expect(entryOf(run, false)).toBeUndefined();
  });

  it('has the stack of an error that is a bug, wherever it is', () => {
    const entry = {
      message: 'Activity failed',
      meta: { ...meta, error: new TypeError('x is not a function') },
    };
    for (const logsExpected of [true, false]) {
      expect(entryOf(entry, logsExpected)).toMatch(
        /^Activity failed \{[\s\S]*TypeError: x is not a function\n +at /,
      );
    }
    expect(entryOf({ message: 'Worker state changed' }, false)).toBe('Worker state changed');
  });
});
