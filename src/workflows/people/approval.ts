import { ApplicationFailure } from '@temporalio/workflow';
import type { ErrorType } from '../../domain/errors.ts';
import { type GroupPlan, planInWords } from '../../domain/ledger/group.ts';
import { brokenGlassEvent } from '../../domain/people/events.ts';
import { breaksGlass } from '../../domain/request/policy.ts';
import type { ShownPlan } from '../../domain/versions/plan.ts';
import { periodOf, type RunLedger } from '../run/step/ledger.ts';
import type { Inbox } from './inbox.ts';
import type { WaitingRoom } from './waiting.ts';

/**
 * Waits until enough people have approved a plan, where the profile requires it. A plan that was approved once stays
 * so: its hash is over everything that it would do.
 * @returns when the run may go on, or when another target was asked for.
 * @throws ApplicationFailure `ApprovalRejected`, `ApprovalExpired`.
 */
export type Approve = (plan: ShownPlan | GroupPlan) => Promise<void>;

export function openApprovals(ledger: RunLedger, inbox: Inbox, room: WaitingRoom): Approve {
  let count = 0;
  let brokenGlass = false;

  return async (plan) => {
    const { request } = ledger.report();
    const policy = ledger.policy()?.approval;
    if (!request || !policy?.required || plan.changesNothing) return;
    if (breaksGlass(policy, request)) {
      if (!brokenGlass) ledger.record(brokenGlassEvent(request));
      brokenGlass = true;
      return;
    }
    const approved = () => inbox.approvals.get(plan.hash)?.size ?? 0;
    const isEnough = () => approved() >= policy.quorum;
    if (isEnough()) return;
    delete inbox.rejection;
    const open = () => {
      count += 1;
      ledger.record({
        kind: 'approval-due',
        summary: `plan ${plan.hash.slice(0, 12)} (${planInWords(plan)}) needs ${policy.quorum} to approve`,
      });
      return {
        kind: 'approval',
        id: `approval-${count}`,
        planHash: plan.hash,
        quorum: policy.quorum,
        approvedBy: [...(inbox.approvals.get(plan.hash) ?? [])],
        approvers: policy.approvers,
        requestedBy: request.requestedBy,
        ...(inbox.targetBy ? { targetBy: inbox.targetBy } : {}),
        ...periodOf(policy.expiresMs),
      } as const;
    };
    const isOver = () => isEnough() || inbox.rejection !== undefined || inbox.target !== undefined;
    await room.waitFor(open, isOver);
    if (inbox.rejection) {
      const { rejectedBy, reason } = inbox.rejection;
      throw failure('ApprovalRejected', `${rejectedBy} refused the plan: ${reason}`);
    }
    if (isEnough() || inbox.target) return;
    throw failure(
      'ApprovalExpired',
      `plan ${plan.hash.slice(0, 12)} had ${approved()} of ${policy.quorum} approvals when the time was up`,
    );
  };
}

function failure(type: ErrorType, message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, type);
}
