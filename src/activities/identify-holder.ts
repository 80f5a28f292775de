import type { Dependencies } from './dependencies.ts';
import { openClaim } from './holder-of-claim.ts';
import { stepActivity, type Worked } from './step.ts';

/** Who holds the claim on a target. */
export interface Holder {
  /** `closed`: nobody any more, the claim can be made now. */
  readonly state: 'open' | 'closed';
  readonly workflowId?: string;
  readonly runId?: string;
}

/** The server ends a claim some milliseconds after its run has closed. In ms. */
const SETTLES_WITHIN_MS = 10_000;
const LOOK_MS = 50;

/**
 * Runbook 2: which run holds the target that could not be claimed.
 *
 * Reads: the claim's workflow and the run that started it, or goes on in its place since a reset, on the Temporal server.
 * Writes: ends a claim whose run has closed and that the server has left open, as it does after a reset.
 * Result: the holder's ids, or that the claim is free by now.
 * Errors: none of its own; the server's are tried again.
 * Safe to retry: it reads anew, and ends no other claim than the one that it has looked at.
 */
export function identifyHolder(_deps: Dependencies) {
  return stepActivity(async ({ look, terminate, pause }, claimId: string): Promise<Worked<Holder>> => {
    const begun = Date.now();
    for (;;) {
      const claim = await openClaim(look, claimId);
      if (!claim) return { value: { state: 'closed' }, summary: 'the claim is free again' };
      const { workflowId, runId, isOpen, isHeir } = claim.holder;
      if (isOpen) return { value: { state: 'open', workflowId, runId }, summary: `held by ${workflowId}` };
      if (isHeir || Date.now() - begun > SETTLES_WITHIN_MS)
        await terminate(claimId, claim.runId, `its run ${workflowId} (${runId}) has closed`);
      else await pause(LOOK_MS);
    }
  });
}
