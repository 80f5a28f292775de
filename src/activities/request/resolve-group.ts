import { createHash } from 'node:crypto';
import type { GroupProfile, RunbookConfig } from '../../config/profile.ts';
import { policyOfGroup } from '../../domain/people/group-policy.ts';
import type { GroupRequest } from '../../domain/request/group.ts';
import type { ResolvedRun } from '../../domain/request/request.ts';
import { longestRunMs } from '../../domain/request/start.ts';
import { parseTarget, type TargetWish } from '../../domain/versions/targets.ts';
import type { Dependencies } from '../dependencies.ts';
import type { Resolved } from '../resolve-request.ts';
import { receiversOfGroup } from './group-receivers.ts';
import { consentProblem, profileOf, wrong } from './requested-service.ts';

/**
 * A request for a group, joined with what its run must know of the members' profiles: the strictest of their policies, and
 * whom to tell, each once. Part of the step `resolve-request`.
 * @throws RunbookError `InvalidRequest`
 */
export function resolveGroup(deps: Dependencies, request: GroupRequest): Resolved {
  const { config } = deps;
  const group = groupOf(config, request.group);
  const profiles = group.members.map((member) => profileOf(config, member));
  const environment = profiles[0]?.environment ?? '';
  if (request.environment !== undefined && request.environment !== environment) {
    throw wrong(`environment: ${group.name} is configured for ${environment}, not ${request.environment}`);
  }
  const { target = 'known-good', targets = {} } = request;
  const stranger = Object.keys(targets).find((name) => !group.members.includes(name));
  if (stranger !== undefined) {
    throw wrong(`targets.${stranger}: is no member of ${group.name} (members: ${group.members.join(', ')})`);
  }
  if (request.force && (request.reason ?? '').trim() === '') {
    throw wrong('force: takes a reason, and reason is missing');
  }
  const policy = policyOfGroup(
    profiles.map((profile) => profile.policy),
    group.order,
  );
  const { dryRun = false } = request;
  const problem = dryRun ? undefined : consentProblem(group.name, policy.approval, request);
  if (problem) throw wrong(problem);
  const needsMs =
    policy.approval.expiresMs +
    profiles.reduce((sum, profile) => sum + longestRunMs('rollback', profile.policy), 0);
  const { any, leftOut } = deps.searchAttributes();
  const { severity, breakGlass } = request;
  const resolved: ResolvedRun = {
    service: group.name,
    environment,
    workload: group.members.map((member) => deps.service(member).target.workload).join(', '),
    wish: parseTarget(target) as TargetWish,
    reason: request.reason ?? '',
    incident: request.incident ?? '',
    requestedBy: request.requestedBy ?? '',
    symptoms: request.symptoms ?? [],
    mitigationsTried: request.mitigationsTried ?? [],
    dryRun,
    ...(request.force ? { force: true } : {}),
    accept: [],
    checks: [],
    required: [],
    notifiers: dryRun ? [] : receiversOfGroup(config, group.name).map(({ name }) => name),
    profile: createHash('sha256')
      .update(JSON.stringify([group, profiles.map(({ hash }) => hash)]))
      .digest('hex')
      .slice(0, 12),
    searchAttributes: any,
    ...(leftOut.length > 0 ? { unindexed: leftOut } : {}),
    ...(severity === undefined ? {} : { severity }),
    ...(breakGlass === undefined ? {} : { breakGlass }),
    evidenceSchema: 2,
    group: {
      members: group.members.map((service) => ({ service, target: targets[service] ?? target })),
      order: group.order,
      onFailure: group.onFailure,
      fallBacks: Math.min(...profiles.map((profile) => profile.policy.decisions.fallBacks)),
      waitMs: needsMs,
    },
    policy,
  };
  const startWithinMs = Math.min(...profiles.map((profile) => profile.startWithinMs));
  return { resolved, startWithinMs, needsMs };
}

function groupOf({ groups, services }: RunbookConfig, name: string | undefined): GroupProfile {
  const names = Object.keys(groups);
  if (names.length === 0) throw wrong('group: no group is configured (groups in runbook.yaml)');
  const wanted = name ?? (names.length === 1 ? names[0] : undefined);
  if (wanted === undefined) {
    throw wrong(`group: missing, and more than one is configured (${names.join(', ')})`);
  }
  const group = Object.hasOwn(groups, wanted) ? groups[wanted] : undefined;
  if (group) return group;
  const isService = Object.hasOwn(services, wanted) ? ', it is a service: the workflow type is rollback' : '';
  throw wrong(`group: ${wanted} is no group${isService} (known: ${names.join(', ')})`);
}
