import type { KnownGoodRecord } from '../../src/domain/proof/known-good.ts';
import type { ObservedService, VersionCandidate } from '../../src/domain/versions/versions.ts';

/** A version as identify-versions would report it. */
export function candidate(
  version: string,
  revision: number,
  change: Partial<VersionCandidate> = {},
): VersionCandidate {
  return {
    version,
    image: `registry.example/phoenix-orch:v${version}`,
    container: 'master-orchestrator',
    revision,
    formerRevisions: [],
    fingerprint: `template-${version}`,
    contentFingerprint: `content-${version}`,
    source: {
      kind: 'replica-set',
      name: `rs-${revision}`,
      uid: `uid-${revision}`,
      podTemplateHash: `hash-${revision}`,
    },
    createdAt: `2026-11-0${Math.min(9, revision)}T00:00:00.000Z`,
    references: [],
    ...change,
  };
}

export function evidence(
  version: string,
  at: string,
  change: Partial<KnownGoodRecord> = {},
): KnownGoodRecord {
  return {
    fingerprint: `template-${version}`,
    version,
    image: `registry.example/phoenix-orch:v${version}`,
    verdict: 'passed',
    at,
    provedBy: 'verify',
    workflowId: 'verify/orchestrator',
    runId: 'run',
    checks: {},
    ...change,
  };
}

export function observed(
  current: VersionCandidate,
  history: readonly VersionCandidate[],
  change: Partial<ObservedService> = {},
): ObservedService {
  return {
    target: 'kubernetes',
    workload: 'deployment/master-orchestrator in namespace phoenix-orch',
    namespace: 'phoenix-orch',
    name: 'master-orchestrator',
    uid: 'uid-deployment',
    generation: 7,
    paused: false,
    replicas: 2,
    rolledBack: false,
    historyLimit: 10,
    current,
    history,
    warnings: [],
    at: '2026-11-20T00:00:00.000Z',
    ...change,
  };
}
