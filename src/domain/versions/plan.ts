import type { Instant } from '../json.ts';
import type { WeighedPrecondition } from '../preconditions/preconditions.ts';
import type { CheckId } from '../proof/checks.ts';
import type { CheckEvidence } from '../proof/known-good.ts';
import type { NamedCluster } from './cluster.ts';
import type { Finding } from './findings.ts';
import type { Pin } from './pins.ts';
import { shortDigest } from './versions.ts';

/** One side of a plan. */
export interface PlannedVersion {
  readonly version: string;
  readonly image: string;
  readonly revision: number;
  readonly fingerprint: string;
  /** The version id, where it is known. */
  readonly id?: string;
  /** Digest of the image, where it is known. */
  readonly digest?: string;
}

/**
 * Why this target: recorded evidence, an earlier rollback that put it there, no evidence so the one before, because
 * it was asked for, or because it was live before the rollback that is taken back.
 */
export type PlanBasis =
  | 'known-good'
  | 'rolled-back-before'
  | 'previous-without-evidence'
  | 'asked'
  | 'snapshot';

/** The rules by which a target is chosen, each as a sentence for the plan, the record and docs/decisions/0007. */
export const CHOICE_RULES = {
  'stays-proved': 'an earlier rollback put it there and it is proved: it stays',
  'older-proof':
    'of the older versions that are proved, and were neither seen to fail nor undone since, the one that was proved last',
  'stays-unproved':
    'an earlier rollback put it there and no older version is proved: an unproved guess is not taken twice',
  'one-before': 'no older version is proved: the newest older one that was neither seen to fail nor undone',
  previous: 'asked for: the newest revision that is another version',
  named: 'asked for by name',
  'falls-back': 'the older version that was proved last, among those that were not tried',
  restores: 'what ran before the rollback',
} as const;

export type ChoiceRule = keyof typeof CHOICE_RULES;

/** What will be done, fixed before anything is changed. A pure function of what was observed and asked. */
export interface Plan {
  /** Where; none of a Compose service, and in plans of before it was noted. */
  readonly cluster?: NamedCluster;
  readonly from: PlannedVersion;
  readonly to: PlannedVersion;
  readonly basis: PlanBasis;
  /** By which rule; none in plans that were recorded before there were names for them. */
  readonly rule?: ChoiceRule;
  /** When the target's evidence was recorded. */
  readonly verifiedAt?: Instant;
  /** True when the target is already there: nothing is written, the service is verified all the same. */
  readonly changesNothing: boolean;
  readonly pin: Pin;
  /** What the target's own evidence says of each check. */
  readonly baseline: Partial<Record<CheckId, CheckEvidence>>;
  readonly warnings: readonly string[];
}

/**
 * The names of both sides: by version, and where two versions have one name by what tells them apart, the image first
 * (`latest @sha256:ab12…`), else the number in the history, else the id.
 */
export function namesOf({ from, to }: Pick<Plan, 'from' | 'to'>): {
  readonly from: string;
  readonly to: string;
} {
  const plain = { from: from.version, to: to.version };
  if (from.version !== to.version) return plain;
  const ways = [
    ({ digest }: PlannedVersion) => digest && `@${shortDigest(digest)}`,
    ({ revision }: PlannedVersion) => (revision > 0 ? `(revision ${revision})` : undefined),
    ({ id }: PlannedVersion) => id && `(id ${id.slice(0, 12)})`,
  ];
  for (const way of ways) {
    const [left, right] = [way(from), way(to)];
    if (left && right && left !== right)
      return { from: `${from.version} ${left}`, to: `${to.version} ${right}` };
  }
  return plain;
}

/** The beginning of a plan's hash: what people read, and enough to approve it by. */
export function shownHash(hash: string): string {
  return hash.slice(0, 16);
}

/** A plan as it is shown and recorded. */
export interface ShownPlan extends Plan {
  /** SHA-256 over the plan: the identity that an approval refers to. */
  readonly hash: string;
  /** Unified diff of the two templates with secret values masked, capped. Empty when nothing changes. */
  readonly diff: string;
  /** Settings of config beside the template that change, a line each, secrets masked; none where none is known to. */
  readonly settings?: readonly string[];
  /** Critical rules that the config which will be live does not keep; `ask` is for a person to decide before the change. */
  readonly findings?: readonly Finding[];
  /** What had to hold before it (runbook 2), and whether it does; `ask` is for a person to decide. None: nothing was looked at. */
  readonly preconditions?: readonly WeighedPrecondition[];
}
