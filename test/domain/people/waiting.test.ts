import { describe, expect, it } from 'vitest';
import { describeWaiting, type Waiting } from '../../../src/domain/people/waiting.ts';
import { APPROVAL, DECISION, PAUSE } from '../waits.ts';

describe('what is waited for, in one sentence', () => {
  it.each<[Waiting, string]>([
    [
      DECISION,
      'a decision on wait-for-rollout is due until 2026-01-01T00:15:00.000Z, else abort: retry (try again), abort (end the run as failed)',
    ],
    [APPROVAL, 'plan abcdef0123456789 needs 1 more approval until 2026-01-01T00:30:00.000Z'],
    [
      { ...APPROVAL, approvedBy: [] },
      'plan abcdef0123456789 needs 2 more approvals until 2026-01-01T00:30:00.000Z',
    ],
    [PAUSE, 'paused by ada until 2026-01-01T01:00:00.000Z: the database moves'],
  ])('%j', (waiting, sentence) => {
    expect(describeWaiting(waiting)).toBe(sentence);
  });
});
