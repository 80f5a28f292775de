import { type Baseline, newestBaseline } from '../versions/choice/baseline.ts';
import type { ObservedService } from '../versions/versions.ts';
import { type KnownFailure, knownOf } from './known-of.ts';

/** What is assessed: little of an observation, since it goes into history once more. */
export interface NeedSubject {
  /** The current version. */
  readonly version: string;
  /** What is recorded against it: that it was seen to fail. */
  readonly known?: KnownFailure;
  /** Nothing is sent to the service that it would keep. */
  readonly dryRun?: true;
  /** What the checks said when a version of the service was proved last. */
  readonly baseline: Baseline;
}

/** The part of an observation that the question of the release is about. */
export function needSubjectOf(
  observed: ObservedService,
  { dryRun }: { readonly dryRun: boolean },
): NeedSubject {
  const known = knownOf(observed);
  const { version } = observed.current;
  return {
    version,
    ...(known === undefined ? {} : { known }),
    ...(dryRun ? { dryRun } : {}),
    baseline: newestBaseline(observed),
  };
}
