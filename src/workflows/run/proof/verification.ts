import type { KnownGoodEvidence } from '../../../activities/record-known-good.ts';
import {
  CHECKS,
  type CheckId,
  type CheckResult,
  type CheckRow,
  checkGroups,
} from '../../../domain/proof/checks.ts';
import type { CheckEvidence } from '../../../domain/proof/known-good.ts';
import { type Proof, proofOf } from '../../../domain/proof/proof.ts';
import type { ResolvedRun } from '../../../domain/request/request.ts';
import type { RolloutFinished } from '../../../domain/versions/pins.ts';
import { together } from '../aim/redirection.ts';
import type { Run } from '../run.ts';

/** What the checks found, and what it proves. */
export interface Verification {
  readonly proof: Proof;
  readonly results: readonly CheckResult[];
  /** Checks that somebody has left out. */
  readonly waived: readonly CheckId[];
}

/** What is verified, and against what. */
export interface Subject {
  readonly request: ResolvedRun;
  readonly rollout: RolloutFinished;
  /** What the version's own evidence says of each check. */
  readonly baseline: Partial<Record<CheckId, CheckEvidence>>;
}

/**
 * Runbook 6: proves the service well, check by check in the order that their rows ask for. Those of one group do not
 * depend on each other and run at the same time.
 *
 * @param before what was found or left out before: these checks do not run again.
 */
export async function verifyService(
  run: Run,
  subject: Subject,
  before: Verification = judge(subject, [], []),
): Promise<Verification> {
  let verification = before;
  const verify = async (id: CheckId) => {
    const isDone = before.waived.includes(id) || before.results.some(({ check }) => check === id);
    if (isDone || !subject.request.checks.includes(id)) return;
    const found = await carryOutCheck(run, subject, id, verification);
    verification = judge(subject, found ? [...verification.results, found] : verification.results, [
      ...verification.waived,
      ...(found ? [] : [id]),
    ]);
  };

  for (const group of checkGroups()) {
    const [only, ...more] = group;
    if (only && more.length === 0) await verify(only);
    else await together(...group.map(verify));
    if (group.some((id) => stopsRest(subject, verification, id))) return verification;
  }
  return verification;
}

/**
 * Whether a check leaves nothing to prove behind it: one that is required and that nobody has excused has failed, or has
 * reached nobody for as long as it tried.
 */
function stopsRest({ request }: Subject, { results, waived }: Verification, id: CheckId): boolean {
  const result = results.find(({ check }) => check === id);
  const hasFailed = result?.verdict === 'failed' && !result.failedBefore && !request.accept.includes(id);
  const counts = request.required.includes(id) && !waived.includes(id);
  return CHECKS[id].stopsRest && (hasFailed || result?.reachedNobody === true) && counts;
}

/** Repeats one check of a verification; its new result takes the place of the old one. */
export async function verifyAgain(
  run: Run,
  subject: Subject,
  { results, waived }: Verification,
  id: CheckId,
): Promise<Verification> {
  const others = results.filter(({ check }) => check !== id);
  const before = { results: others, waived: waived.filter((check) => check !== id) };
  const found = await carryOutCheck(run, subject, id, before);
  if (!found) return judge(subject, others, [...before.waived, id]);
  // What only its failed messages had moved is asked about once more, now that one was answered.
  const stale = found.ownPlans && found.verdict === 'passed' ? others.filter(({ onlyOurs }) => onlyOurs) : [];
  const kept = others.filter((result) => !stale.includes(result));
  const verification = judge(subject, [...kept, found], before.waived);
  return stale.length > 0 ? verifyService(run, subject, verification) : verification;
}

/** The same results, with one more check left out by a person. */
export function waive(subject: Subject, { results, waived }: Verification, check: CheckId): Verification {
  return judge(subject, results, [...waived, check]);
}

function judge(
  { request }: Subject,
  results: readonly CheckResult[],
  waived: readonly CheckId[],
): Verification {
  return { results, waived, proof: proofOf(results, request.required, request.accept, waived) };
}

/** @returns nothing when somebody has skipped the check. */
function carryOutCheck(
  run: Run,
  { request, rollout, baseline }: Subject,
  id: CheckId,
  { results }: Pick<Verification, 'results'>,
): Promise<CheckResult | undefined> {
  const row: CheckRow = CHECKS[id];
  const ownPlans = row.discountsOwnPlans ? results.find((result) => result.ownPlans)?.ownPlans : undefined;
  const { uid, fingerprint } = rollout;
  const { cluster } = request;
  const input = {
    ...(cluster ? { cluster } : {}),
    uid,
    fingerprint,
    // Who does not ask the instances needs no list of them in the history.
    instances: row.asks === 'instances' ? rollout.instances : [],
    ...(baseline[id] ? { baseline: baseline[id] } : {}),
    ...(ownPlans ? { ownPlans } : {}),
    ...(request.accept.includes(id) ? { differenceAccepted: true } : {}),
  };
  return run.optional(`verify-${id}`, request.service, input);
}

/** What the evidence says of the version beside what the checks found. */
export type RecordedVersion = Pick<KnownGoodEvidence, 'version' | 'image' | 'fingerprint' | 'id'>;

/** The evidence that is kept of a verification. */
export function evidenceOfVersion(
  { request, rollout }: Subject,
  version: RecordedVersion,
  verification: Verification,
  provedBy: KnownGoodEvidence['provedBy'],
): KnownGoodEvidence {
  return {
    ...evidenceOf(request, version, verification, provedBy),
    verdict: verification.proof.verdict,
    ...(rollout.imageId ? { imageId: rollout.imageId } : {}),
    ...(rollout.imageIds ? { imageIds: rollout.imageIds } : {}),
  };
}

/** The evidence of a version that did not come up: no check has found it. */
export function evidenceOfFailure(
  { request }: Pick<Subject, 'request'>,
  version: RecordedVersion,
  failed: string,
  provedBy: KnownGoodEvidence['provedBy'],
): KnownGoodEvidence {
  const nothing = { results: [], waived: [] };
  return { ...evidenceOf(request, version, nothing, provedBy), verdict: 'failed', failed };
}

function evidenceOf(
  request: ResolvedRun,
  { version, image, fingerprint, id }: RecordedVersion,
  verification: Pick<Verification, 'results' | 'waived'> & { readonly proof?: Proof },
  provedBy: KnownGoodEvidence['provedBy'],
): Omit<KnownGoodEvidence, 'verdict'> {
  return {
    ...(request.evidenceSchema ? whatCounted(request, verification) : {}),
    ...(id ? { id } : {}),
    fingerprint,
    version,
    image,
    at: new Date().toISOString(),
    provedBy,
    checks: Object.fromEntries(
      verification.results.map(({ check, verdict, summary, values }) => [
        check,
        { verdict, summary, values },
      ]),
    ),
  };
}

function whatCounted(
  { required, accept }: ResolvedRun,
  { results, waived, proof }: Pick<Verification, 'results' | 'waived'> & { readonly proof?: Proof },
) {
  const excused = results
    .filter(({ check, failedBefore }) => failedBefore || proof?.resting.includes(check))
    .map(({ check }) => check);
  const notApplicable = results
    .filter(({ verdict }) => verdict === 'not-applicable')
    .map(({ check }) => check);
  return { schema: 2, required, accepted: accept, waived, excused, notApplicable } as const;
}
