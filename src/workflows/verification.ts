import type { KnownGoodEvidence } from '../activities/record-known-good.ts';
import type { CheckId, CheckResult } from '../domain/checks.ts';
import type { CheckEvidence } from '../domain/known-good.ts';
import type { RolloutFinished } from '../domain/pins.ts';
import { type Proof, proofOf } from '../domain/proof.ts';
import type { ResolvedRun } from '../domain/request.ts';
import type { Run } from './run.ts';
import { together } from './together.ts';

/** What the checks found, and what it proves. */
export interface Verification {
  readonly proof: Proof;
  readonly results: readonly CheckResult[];
  /** Checks that somebody has left out. */
  readonly waived: readonly CheckId[];
}

/** Checks that may ask every pod by itself; the other ones need no list of them in their history. */
const ASKED_ONE_BY_ONE: readonly CheckId[] = ['agents', 'metrics'];

/** What is verified, and against what. */
export interface Subject {
  readonly request: ResolvedRun;
  readonly rollout: RolloutFinished;
  /** What the version's own evidence says of each check. */
  readonly baseline: Partial<Record<CheckId, CheckEvidence>>;
}

/**
 * Runbook 6: proves the service well. Health first: nothing behind it means anything while it fails. Chat before
 * agents and metrics: their state moves only on traffic (service contract, 5.3), and the metrics have to
 * know which plans chat itself has started. What is left is independent and runs at the same time.
 *
 * @param before what was found or left out before: these checks do not run again.
 */
export async function verifyService(
  run: Run,
  subject: Subject,
  before: Verification = judge(subject, [], []),
): Promise<Verification> {
  const { request } = subject;
  let verification = before;
  const verify = async (id: CheckId) => {
    const isDone = before.waived.includes(id) || before.results.some(({ check }) => check === id);
    if (isDone || !request.checks.includes(id)) return;
    const found = await look(run, subject, id, verification);
    verification = judge(subject, found ? [...verification.results, found] : verification.results, [
      ...verification.waived,
      ...(found ? [] : [id]),
    ]);
  };

  await verify('health');
  const health = verification.results.find(({ check }) => check === 'health');
  const hopeless =
    request.required.includes('health') && health?.verdict === 'failed' && !health.failedBefore;
  const isCounted = !verification.waived.includes('health');
  if (hopeless && isCounted && !request.accept.includes('health')) return verification;

  await verify('chat');
  await together(verify('agents'), verify('metrics'));
  return verification;
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
  const found = await look(run, subject, id, before);
  if (!found) return judge(subject, others, [...before.waived, id]);
  return judge(subject, [...others, found], before.waived);
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
function look(
  run: Run,
  { request, rollout, baseline }: Subject,
  id: CheckId,
  { results }: Pick<Verification, 'results'>,
): Promise<CheckResult | undefined> {
  const ownPlans = id === 'metrics' ? results.find(({ check }) => check === 'chat')?.ownPlans : undefined;
  const { uid, fingerprint } = rollout;
  const input = {
    uid,
    fingerprint,
    instances: ASKED_ONE_BY_ONE.some((check) => check === id) ? rollout.instances : [],
    ...(baseline[id] ? { baseline: baseline[id] } : {}),
    ...(ownPlans ? { ownPlans } : {}),
  };
  return run.optional(`verify-${id}`, request.service, input);
}

/** The evidence that is kept of a verification. */
export function evidenceOfVersion(
  version: { readonly version: string; readonly image: string; readonly fingerprint: string },
  { proof, results }: Pick<Verification, 'proof' | 'results'>,
  rollout: RolloutFinished,
  provedBy: KnownGoodEvidence['provedBy'],
): KnownGoodEvidence {
  const { version: name, image, fingerprint } = version;
  return {
    fingerprint,
    version: name,
    image,
    ...(rollout.imageId ? { imageId: rollout.imageId } : {}),
    verdict: proof.verdict,
    at: new Date().toISOString(),
    provedBy,
    checks: Object.fromEntries(
      results.map(({ check, verdict, summary, values }) => [check, { verdict, summary, values }]),
    ),
  };
}
