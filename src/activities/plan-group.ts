import { createHash } from 'node:crypto';
import { RunbookError } from '../domain/errors.ts';
import { type GroupPlan, planInWords } from '../domain/ledger/group.ts';
import type { Dependencies } from './dependencies.ts';
import { stepActivity } from './step.ts';

/** A member's run. */
export interface MemberRun {
  readonly service: string;
  readonly workflowId: string;
  readonly runId: string;
}

/**
 * Runbook 3.1 of a group: the plans of its members as one, which is shown, approved and carried out as a whole.
 *
 * Reads: the plan of each member, by the query of its run.
 * Writes: nothing.
 * Result: the plans in the order of the group, with one hash over all.
 * Errors: `Unreachable`, while a member does not answer, is tried again; `GroupFailed` for a member that has no plan.
 * Safe to retry: a member that has said that its plan is made changes nothing until it is told to.
 */
export function planGroup(_deps: Dependencies) {
  return stepActivity(async ({ readReportOf }, _group: string, runs: readonly MemberRun[]) => {
    const members = await Promise.all(
      runs.map(async ({ service, workflowId, runId }) => {
        const { plan, outcome } = await readReportOf(workflowId, runId);
        if (plan) return { service, plan };
        throw new RunbookError('GroupFailed', `${service} has no plan (${outcome})`);
      }),
    );
    const hashes = members.map(({ service, plan }) => [service, plan.hash]);
    const value: GroupPlan = {
      hash: createHash('sha256').update(JSON.stringify(hashes)).digest('hex'),
      changesNothing: members.every(({ plan }) => plan.changesNothing),
      members,
    };
    return { value, summary: planInWords(value) };
  });
}
