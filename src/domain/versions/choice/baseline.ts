import type { CheckId } from '../../proof/checks.ts';
import type { CheckEvidence } from '../../proof/known-good.ts';
import type { ObservedService } from '../versions.ts';
import { proofOf, withSharedRecords } from './standing.ts';
import { everyVersion, newestProof } from './version-lists.ts';

/** What the checks of a version that is verified are compared with. */
export type Baseline = Partial<Record<CheckId, CheckEvidence>>;

/**
 * The checks that passed when a version of this service was proved last, whichever that was. A failed one is no
 * expectation, and must not excuse the same failure of another version.
 */
export function newestBaseline(observed: ObservedService): Baseline {
  const newest = newestProof(everyVersion(withSharedRecords(observed)));
  const checks = newest ? proofOf(newest)?.checks : undefined;
  return Object.fromEntries(Object.entries(checks ?? {}).filter(([, { verdict }]) => verdict === 'passed'));
}
