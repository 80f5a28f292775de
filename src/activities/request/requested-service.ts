import type { RunbookConfig, ServiceProfile } from '../../config/profile.ts';
import { RunbookError } from '../../domain/errors.ts';
import { isSamePerson } from '../../domain/people/people.ts';
import type { GroupRequest } from '../../domain/request/group.ts';
import { type ApprovalPolicy, breaksGlass } from '../../domain/request/policy.ts';
import type { RollbackRequest } from '../../domain/request/request.ts';

/**
 * The profile that a request means.
 * @throws RunbookError `InvalidRequest`
 */
export function profileOf(config: RunbookConfig, service: string | undefined): ServiceProfile {
  const { services, groups } = config;
  const names = Object.keys(services);
  const only = names.length === 1 ? names[0] : undefined;
  const name = service ?? only;
  if (name === undefined) {
    throw wrong(`service: missing, and more than one is configured (${names.join(', ')})`);
  }
  const profile = Object.hasOwn(services, name) ? services[name] : undefined;
  if (profile) return profile;
  if (Object.hasOwn(groups, name)) {
    throw wrong(
      `service: ${name} is a group: start it with --group ${name}, as the workflow type rollbackGroup`,
    );
  }
  throw wrong(`service: ${name} is not configured (known: ${names.join(', ')})`);
}

/** Why the run could never get the consent that it needs: better said at once than after the wait for it. */
export function consentProblem(
  name: string,
  approval: ApprovalPolicy,
  request: RollbackRequest | GroupRequest,
): string | undefined {
  const { required, breakGlass, approvers, quorum } = approval;
  const { severity, requestedBy = '' } = request;
  if (request.breakGlass !== undefined && severity === undefined) {
    return 'breakGlass: goes with a severity, and severity is missing';
  }
  if (!required || breaksGlass(approval, request)) return undefined;
  if (request.breakGlass !== undefined) {
    const allowed = breakGlass.length > 0 ? breakGlass.join(', ') : 'no severity';
    return `breakGlass: ${name} allows it for ${allowed}, not for ${severity}`;
  }
  if (requestedBy.trim() === '') return `requestedBy: missing, and ${name} needs approval by somebody else`;
  const others = approvers.filter((approver) => !isSamePerson(approver, requestedBy)).length;
  if (approvers.length === 0 || others >= quorum) return undefined;
  return `requestedBy: ${name} needs ${quorum} of its approvers besides the requester, and has ${others}`;
}

export function wrong(problem: string): RunbookError {
  return new RunbookError('InvalidRequest', `the request is wrong: ${problem}`);
}
