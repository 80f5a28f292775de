import type { OpenApproval, OpenDecision, OpenPause } from '../../src/domain/people/waiting.ts';

/** What a run may wait for, for tests of how it is shown. */
export const DECISION: OpenDecision = {
  kind: 'decision',
  id: 'decision-1',
  step: 'wait-for-rollout',
  error: { type: 'RolloutFailed', message: 'pod x: ImagePullBackOff' },
  answers: ['retry', 'abort'],
  openedAt: '2026-01-01T00:00:00.000Z',
  dueAt: '2026-01-01T00:15:00.000Z',
  atDeadline: 'abort',
};

export const APPROVAL: OpenApproval = {
  kind: 'approval',
  id: 'approval-1',
  planHash: 'abcdef0123456789'.repeat(4),
  quorum: 2,
  approvedBy: ['ada'],
  approvers: ['ada', 'grace', 'linus'],
  requestedBy: 'alan',
  openedAt: '2026-01-01T00:00:00.000Z',
  dueAt: '2026-01-01T00:30:00.000Z',
};

export const PAUSE: OpenPause = {
  kind: 'pause',
  id: 'pause-1',
  by: 'ada',
  reason: 'the database moves',
  openedAt: '2026-01-01T00:00:00.000Z',
  dueAt: '2026-01-01T01:00:00.000Z',
};
