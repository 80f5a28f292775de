import type { GroupOrder } from '../request/group.ts';
import type { ApprovalPolicy, Budgets, RunPolicy } from '../request/policy.ts';
import { isSamePerson } from './people.ts';

/**
 * The one approval that stands for that of each member: required when one of them requires it, by as many people as the
 * strictest wants, of those that may approve for every one.
 */
export function strictestApproval(policies: readonly ApprovalPolicy[]): ApprovalPolicy {
  const demanding = policies.filter(({ required }) => required);
  const [first, ...others] = demanding.length > 0 ? demanding : policies;
  if (!first) throw new Error('a group without members');
  return others.reduce((strictest, policy) => {
    const approvers = inBoth(strictest.approvers, policy.approvers);
    return {
      required: strictest.required,
      breakGlass: strictest.breakGlass.filter((severity) => policy.breakGlass.includes(severity)),
      quorum: Math.max(strictest.quorum, policy.quorum),
      approvers,
      expiresMs: Math.min(strictest.expiresMs, policy.expiresMs),
    };
  }, first);
}

/** An empty list stands for everybody. */
function inBoth(one: readonly string[], other: readonly string[]): readonly string[] {
  if (one.length === 0 || other.length === 0) return [...one, ...other];
  return one.filter((name) => other.some((another) => isSamePerson(name, another)));
}

/** Why nobody could ever approve for all members; undefined where somebody can. */
export function approvalProblem(policies: readonly ApprovalPolicy[]): string | undefined {
  const { required, quorum, approvers } = strictestApproval(policies);
  const isLimited = policies.some((policy) => policy.required && policy.approvers.length > 0);
  if (!required || !isLimited || approvers.length >= quorum) return undefined;
  return `nobody could approve for all of them: ${quorum} must, and ${approvers.length} may for each member`;
}

/**
 * How the run of a group behaves beside its steps. It asks nobody but for the approval: a step that cannot go on is one of
 * a member, whose own people are asked.
 */
export function policyOfGroup(policies: readonly RunPolicy[], order: GroupOrder): RunPolicy {
  const most = (key: keyof Budgets) => Math.max(...policies.map(({ budgets }) => budgets[key]));
  const sum = (key: keyof Budgets) => policies.reduce((total, { budgets }) => total + budgets[key], 0);
  const changing = order === 'sequential' ? sum : most;
  return {
    decisions: { waitMs: 0, atDeadline: 'abort', steps: {}, fallBacks: 0 },
    approval: strictestApproval(policies.map(({ approval }) => approval)),
    onCancel: 'finish',
    pauseMs: Math.min(...policies.map(({ pauseMs }) => pauseMs)),
    budgets: {
      // Locks are taken one after the other, whatever the order of the changes is.
      decideMs: sum('decideMs'),
      actMs: changing('actMs'),
      proveMs: most('proveMs'),
      targetMs: changing('targetMs'),
      acceptableMs: changing('acceptableMs'),
    },
    followThrough: { forMs: 0, everyMs: 10_000, failures: 3 },
  };
}
