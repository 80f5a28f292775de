import type { ErrorType } from '../../errors.ts';
import type { ChoiceRule, PlanBasis } from '../plan.ts';
import type { VersionCandidate } from '../versions.ts';

/** The version that a wish selects. */
export interface Choice {
  readonly candidate: VersionCandidate;
  readonly basis: PlanBasis;
  readonly rule: ChoiceRule;
}

/** A choice that could not be made, as a row of the error catalogue and a sentence. */
export interface NoChoice {
  readonly problem: ErrorType;
  readonly message: string;
}
