import { ParentClosePolicy, workflowInfo } from '@temporalio/workflow';
import type { FollowThroughInput } from '../../../domain/ledger/follow-through.ts';
import type { RunReport } from '../../../domain/ledger/ledger.ts';
import { md } from '../../../domain/media/markdown.ts';
import type { Run } from '../run.ts';
import { startUnlessOpen } from '../start-unless-open.ts';

/** Outcomes after which the service is watched for a while: it was proved well. */
const WATCHED: readonly RunReport['outcome'][] = ['rolled-back', 'already-there'];

/** Follow-throughs of one run that was reset again and again. */
const SIDE_BY_SIDE = 5;

/** Hands a proved rollback over to a run of its own that follows it through; it outlives this one. */
export async function startFollowThrough({ ledger: run }: Run): Promise<void> {
  const { request, ledger, plan, outcome, workflowId, runId } = run.report();
  const policy = run.policy();
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
  // The same id in a run that was reset: what its history has started is not another one.
  const id = `follow-through/${request.service}/${workflowInfo().originalExecutionRunId}`;
  for (let time = 1; time <= SIDE_BY_SIDE; time += 1) {
    const isStarted = await startUnlessOpen('followThrough', {
      workflowId: time === 1 ? id : `${id}/${time}`,
      args: [input],
      parentClosePolicy: ParentClosePolicy.ABANDON,
      staticSummary: md`watch ${request.service} after ${workflowId}`.text,
    });
    // Otherwise the run was reset, and the follow-through of what it did before is still watching.
    if (isStarted) return;
  }
}
