import type { KnownGoodRecord } from '../../../src/domain/proof/known-good.ts';
import type { ObservedService } from '../../../src/domain/versions/versions.ts';

/** Evidence that the live version of an observation was proved well just now. */
export function passedRecord({ current: { fingerprint, version, image } }: ObservedService): KnownGoodRecord {
  return {
    fingerprint,
    version,
    image,
    verdict: 'passed',
    at: new Date().toISOString(),
    provedBy: 'verify',
    workflowId: 'verify/orchestrator',
    runId: 'run',
    checks: {},
  };
}
