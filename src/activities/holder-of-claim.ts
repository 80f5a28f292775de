import type { StepContext } from './step.ts';

/** The run for which a claim is open. */
export interface ClaimHolder {
  readonly workflowId: string;
  readonly runId: string;
  readonly isOpen: boolean;
  /** True when the claim has come to it from a run that was reset: the server does not end it with this one. */
  readonly isHeir: boolean;
}

/** An open claim. */
export interface OpenClaim {
  /** Run id of the claim itself. */
  readonly runId: string;
  readonly holder: ClaimHolder;
}

/** A run is reset a few times at the most. */
const LONGEST_CHAIN = 100;

/**
 * Looks at a claim and at the run that it is open for. A reset closes a run and leaves its claim open, for the run that
 * goes on in its place: that one holds it.
 * @returns undefined when the claim is not open.
 */
export async function openClaim(look: StepContext['look'], claimId: string): Promise<OpenClaim | undefined> {
  const claim = await look(claimId);
  if (!claim?.isOpen || !claim.parent) return undefined;
  const { workflowId } = claim.parent;
  let { runId } = claim.parent;
  for (let resets = 0; ; resets += 1) {
    const run = await look(workflowId, runId);
    const next = run?.resetTo;
    if (!next || resets === LONGEST_CHAIN) {
      const isOpen = run?.isOpen ?? false;
      return { runId: claim.runId, holder: { workflowId, runId, isOpen, isHeir: resets > 0 } };
    }
    runId = next;
  }
}
