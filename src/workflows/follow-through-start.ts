import { ChildWorkflowCancellationType, ParentClosePolicy, startChild } from '@temporalio/workflow';
import type { FollowThroughInput } from '../domain/follow-through.ts';
import type { RunReport } from '../domain/ledger.ts';
import type { Run } from './run.ts';

/** Outcomes after which the service is watched for a while: it was proved well. */
const WATCHED: readonly RunReport['outcome'][] = ['rolled-back', 'already-there'];

/** Hands a proved rollback over to a run of its own that follows it through; it outlives this one. */
export async function startFollowThrough({ journal }: Run): Promise<void> {
  const { request, ledger, plan, outcome, workflowId, runId } = journal.report();
  const policy = journal.policy();
  const rollout = ledger.findLast((entry) => entry.rollout)?.rollout;
  if (!request || !policy || !plan || !rollout || !WATCHED.includes(outcome)) return;
  if (policy.followThrough.forMs === 0) return;
  const input: FollowThroughInput = {
    request: { ...request, policy },
    rollback: { workflowId, runId },
    version: plan.to.version,
    uid: rollout.uid,
    fingerprint: rollout.fingerprint,
  };
  await startChild('followThrough', {
    workflowId: `follow-through/${request.service}/${runId}`,
    args: [input],
    parentClosePolicy: ParentClosePolicy.ABANDON,
    cancellationType: ChildWorkflowCancellationType.ABANDON,
    staticSummary: `watch ${request.service} after ${workflowId}`,
  });
}
