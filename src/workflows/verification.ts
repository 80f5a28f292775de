import type { KnownGoodEvidence } from '../activities/record-known-good.ts';
import type { CheckId, CheckResult } from '../domain/checks.ts';
import type { CheckEvidence } from '../domain/known-good.ts';
import type { RolloutFinished } from '../domain/pins.ts';
import { type Proof, proofOf } from '../domain/proof.ts';
import type { ResolvedRun } from '../domain/request.ts';
import { type Run, together } from './run.ts';

/** What the checks found, and what it proves. */
export interface Verification {
  readonly proof: Proof;
  readonly results: readonly CheckResult[];
}

/** Checks that may ask every pod by itself; the other ones need no list of them in their history. */
const ASKED_ONE_BY_ONE: readonly CheckId[] = ['agents', 'metrics'];

/**
 * Runbook 6: proves the service well. Health first: nothing behind it means anything while it fails. Chat before
 * agents and metrics: their state moves only on traffic (service contract, section 3.3), and the metrics have to
 * know which plans chat itself has started. What is left is independent and runs at the same time.
 */
export async function verifyService(
  run: Run,
  request: ResolvedRun,
  rollout: RolloutFinished,
  baseline: Partial<Record<CheckId, CheckEvidence>>,
): Promise<Verification> {
  const results: CheckResult[] = [];
  const verify = async (id: CheckId) => {
    if (!request.checks.includes(id)) return;
    const ownPlans = id === 'metrics' ? results.find(({ check }) => check === 'chat')?.ownPlans : undefined;
    const { uid, fingerprint } = rollout;
    const input = {
      uid,
      fingerprint,
      instances: ASKED_ONE_BY_ONE.some((check) => check === id) ? rollout.instances : [],
      ...(baseline[id] ? { baseline: baseline[id] } : {}),
      ...(ownPlans ? { ownPlans } : {}),
    };
    results.push(await run.step(`verify-${id}`, request.service, input));
  };
  const proof = () => proofOf(results, request.required, request.accept);

  await verify('health');
  const health = results.find(({ check }) => check === 'health');
  const hopeless =
    request.required.includes('health') && health?.verdict === 'failed' && !health.failedBefore;
  if (hopeless && !request.accept.includes('health')) return { proof: proof(), results };

  await verify('chat');
  await together(verify('agents'), verify('metrics'));
  return { proof: proof(), results };
}

/** The evidence that is kept of a verification. */
export function evidenceOfVersion(
  version: { readonly version: string; readonly image: string; readonly fingerprint: string },
  { proof, results }: Verification,
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
