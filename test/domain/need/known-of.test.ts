import { describe, expect, it } from 'vitest';
import { type KnownFailure, knownOf } from '../../../src/domain/need/known-of.ts';
import type {
  ObservedService,
  VersionCandidate,
  VersionEvidence,
} from '../../../src/domain/versions/versions.ts';

const evidence = (verdict: VersionEvidence['verdict'], at: string, more: Partial<VersionEvidence> = {}) => ({
  verdict,
  at,
  provedBy: 'verify' as const,
  workflowId: 'verify/orchestrator',
  runId: 'run',
  checks: {
    health: { verdict: 'passed' as const, summary: '', values: {} },
    chat: {
      verdict: verdict === 'failed' ? ('failed' as const) : ('passed' as const),
      summary: '',
      values: {},
    },
  },
  ...more,
});
const version = (more: Partial<VersionCandidate>): VersionCandidate => ({
  version: '0.2.0',
  image: 'app:v0.2.0',
  container: 'app',
  revision: 2,
  formerRevisions: [],
  fingerprint: 'b',
  id: 'b',
  source: { kind: 'live' },
  createdAt: '2026-11-01T00:00:00Z',
  references: [],
  ...more,
});
const observed = (
  current: Partial<VersionCandidate>,
  ...history: readonly Partial<VersionCandidate>[]
): ObservedService => ({
  target: 'kubernetes',
  workload: 'deployment/app in namespace shop',
  namespace: 'shop',
  name: 'app',
  uid: 'uid',
  generation: 2,
  paused: false,
  replicas: 1,
  rolledBack: false,
  historyLimit: 10,
  current: version(current),
  history: history.map(version),
  warnings: [],
  at: '2026-11-23T03:00:00Z',
});
const [EARLY, LATE] = ['2026-11-23T02:00:00Z', '2026-11-23T02:30:00Z'];

describe('what is recorded against the current version', () => {
  it.each<[string, ObservedService, KnownFailure | undefined]>([
    ['nothing', observed({}), undefined],
    ['a proof', observed({ evidence: evidence('passed', EARLY) }), undefined],
    [
      'a verification that proved nothing',
      observed({ evidence: evidence('inconclusive', EARLY) }),
      undefined,
    ],
    [
      'a failure',
      observed({ failure: evidence('failed', LATE) }),
      { says: `seen to fail at ${LATE}: chat`, at: LATE },
    ],
    [
      'a failure that no check has found',
      observed({
        failure: evidence('failed', LATE, { checks: {}, failed: 'the rollout: ImagePullBackOff' }),
      }),
      { says: `seen to fail at ${LATE}: the rollout: ImagePullBackOff`, at: LATE },
    ],
    [
      'a failure as it was recorded before failures were kept by themselves',
      observed({ evidence: evidence('failed', LATE) }),
      { says: `seen to fail at ${LATE}: chat`, at: LATE },
    ],
    [
      'a failure after a proof',
      observed({ evidence: evidence('passed', EARLY), failure: evidence('failed', LATE) }),
      { says: `seen to fail at ${LATE}: chat`, at: LATE },
    ],
    [
      'a failure before a proof',
      observed({ evidence: evidence('passed', LATE), failure: evidence('failed', EARLY) }),
      undefined,
    ],
    [
      'a failure of the same version under another fingerprint: a restart',
      observed({}, { fingerprint: 'b-restarted', failure: evidence('failed', LATE) }),
      { says: `seen to fail at ${LATE}: chat`, at: LATE },
    ],
    [
      'a failure of another version',
      observed({}, { version: '0.1.0', fingerprint: 'a', id: 'a', failure: evidence('failed', LATE) }),
      undefined,
    ],
  ])('%s', (_what, seen, expected) => {
    expect(knownOf(seen)).toEqual(expected);
  });
});
