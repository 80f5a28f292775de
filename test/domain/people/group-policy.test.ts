import { describe, expect, it } from 'vitest';
import {
  approvalProblem,
  policyOfGroup,
  strictestApproval,
} from '../../../src/domain/people/group-policy.ts';
import { type ApprovalPolicy, DEFAULT_POLICY } from '../../../src/domain/request/policy.ts';

const policy = (change: Partial<ApprovalPolicy> = {}): ApprovalPolicy => ({
  ...DEFAULT_POLICY.approval,
  ...change,
});
const required = (change: Partial<ApprovalPolicy> = {}) => policy({ required: true, ...change });

describe('the one approval of a group', () => {
  it.each<[string, readonly ApprovalPolicy[], Partial<ApprovalPolicy>]>([
    ['none where no member needs one', [policy(), policy({ quorum: 3 })], { required: false }],
    ['that of the one member that needs one', [policy({ quorum: 3 }), required()], { quorum: 1 }],
    ['by as many as the strictest wants', [required({ quorum: 2 }), required()], { quorum: 2 }],
    [
      'by those that may for every member, everybody being no limit',
      [required({ approvers: ['Ada', 'ben'] }), required(), required({ approvers: ['ada', 'cleo'] })],
      { approvers: ['Ada'] },
    ],
    [
      'without it only where every member allows that',
      [required({ breakGlass: ['sev1', 'sev2'] }), required({ breakGlass: ['sev1'] })],
      { breakGlass: ['sev1'] },
    ],
    ['within the shortest time', [required({ expiresMs: 5 }), required({ expiresMs: 9 })], { expiresMs: 5 }],
  ])('is %s', (_what, policies, expected) => {
    expect(strictestApproval(policies)).toMatchObject(expected);
  });

  it('is impossible where too few may approve for all', () => {
    const two = [required({ approvers: ['ada', 'ben'], quorum: 2 }), required({ approvers: ['ben'] })];
    expect(approvalProblem(two)).toContain('2 must, and 1 may');
    expect(approvalProblem([required({ quorum: 2 }), required({ quorum: 3 })])).toBeUndefined();
    expect(approvalProblem([policy({ approvers: ['ada'] }), policy({ approvers: ['ben'] })])).toBeUndefined();
  });
});

describe('the budgets of a group', () => {
  const two = [DEFAULT_POLICY, DEFAULT_POLICY];
  const { actMs, proveMs } = DEFAULT_POLICY.budgets;

  it('add up what is done one after the other', () => {
    expect(policyOfGroup(two, 'sequential').budgets).toMatchObject({ actMs: 2 * actMs, proveMs });
    expect(policyOfGroup(two, 'parallel').budgets).toMatchObject({ actMs, proveMs });
  });
});
