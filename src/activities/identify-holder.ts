import type { Dependencies } from './dependencies.ts';
import { stepActivity, type Worked } from './step.ts';

/** Who holds the claim on a target. */
export interface Holder {
  /** `closed`: nobody any more, the claim can be made now. */
  readonly state: 'open' | 'closed';
  readonly workflowId?: string;
  readonly runId?: string;
}

/** A claim goes some milliseconds after its run has closed; later than this it belongs to an open one. In ms. */
const SETTLES_WITHIN_MS = 10_000;
const LOOK_MS = 50;

/**
 * Runbook 2: which run holds the target that could not be claimed.
 *
 * Reads: the claim's workflow and the run that started it, on the Temporal server.
 * Writes: nothing.
 * Result: the holder's ids, or that the claim is free by now.
 * Errors: none of its own; the server's are tried again.
 * Safe to retry: it only reads.
 */
export function identifyHolder(_deps: Dependencies) {
  return stepActivity(async ({ look, pause }, claimId: string): Promise<Worked<Holder>> => {
    const begun = Date.now();
    for (;;) {
      const claim = await look(claimId);
      if (!claim?.isOpen || !claim.parent) {
        return { value: { state: 'closed' }, summary: 'the claim is free again' };
      }
      const { workflowId, runId } = claim.parent;
      const isOpen = (await look(workflowId, runId))?.isOpen ?? false;
      if (isOpen || Date.now() - begun > SETTLES_WITHIN_MS) {
        return { value: { state: 'open', workflowId, runId }, summary: `held by ${workflowId}` };
      }
      await pause(LOOK_MS);
    }
  });
}
