import { CHECK_IDS, type CheckId } from '../domain/checks.ts';
import { RunbookError } from '../domain/errors.ts';
import type { ServiceProfile } from '../domain/profile.ts';
import type { ResolvedRun, RollbackRequest, VerifyRequest } from '../domain/request.ts';
import { describeWish, parseTarget, type TargetWish } from '../domain/targets.ts';
import type { Dependencies } from './dependencies.ts';
import { parseRollbackRequest, parseVerifyRequest } from './request-schema.ts';
import { stepActivity } from './step.ts';

/**
 * Runbook 2: whose rollback, and to what.
 *
 * Reads: the request, the worker's runbook.yaml as loaded at its start.
 * Writes: nothing.
 * Result: the request joined with what the workflow must know of the profile, without any address or secret.
 * Errors: `InvalidRequest` (names each wrong field).
 * Safe to retry: it only computes.
 */
export function resolveRequest(deps: Dependencies) {
  return stepActivity(async (_context, kind: 'rollback' | 'verify', input: unknown) => {
    const value =
      kind === 'rollback'
        ? resolveRollback(deps, parseRollbackRequest(input))
        : resolveVerify(deps, parseVerifyRequest(input));
    const asked = kind === 'rollback' ? `, target ${describeWish(value.wish)}` : '';
    return { value, summary: `${value.service} (${value.environment})${asked}` };
  });
}

function resolveRollback(deps: Dependencies, request: RollbackRequest): ResolvedRun {
  return {
    ...resolveShared(deps, request),
    wish: parseTarget(request.target ?? 'known-good') as TargetWish,
    incident: request.incident ?? '',
    symptoms: request.symptoms ?? [],
    mitigationsTried: request.mitigationsTried ?? [],
    dryRun: request.dryRun ?? false,
  };
}

function resolveVerify(deps: Dependencies, request: VerifyRequest): ResolvedRun {
  return { ...resolveShared(deps, request), accept: request.accept ?? [] };
}

function resolveShared(deps: Dependencies, request: RollbackRequest | VerifyRequest): ResolvedRun {
  const profile = profileOf(deps, request.service);
  if (request.environment !== undefined && request.environment !== profile.environment) {
    throw new RunbookError(
      'InvalidRequest',
      `the request is wrong: environment: ${profile.name} is configured for ${profile.environment}, not ${request.environment}`,
    );
  }
  const { target, checks } = deps.service(profile.name);
  const enabled: readonly CheckId[] = CHECK_IDS.filter((id) => checks[id] !== undefined);
  return {
    service: profile.name,
    environment: profile.environment,
    workload: target.workload,
    wish: { kind: 'known-good' },
    reason: request.reason ?? '',
    incident: '',
    requestedBy: request.requestedBy ?? '',
    symptoms: [],
    mitigationsTried: [],
    dryRun: false,
    accept: [],
    checks: enabled,
    required: profile.required.filter((id) => enabled.includes(id)),
    notifiers: profile.notify.map((notifier) => notifier.name),
    profile: profile.hash,
    searchAttributes: deps.searchAttributes,
  };
}

function profileOf(deps: Dependencies, service: string | undefined): ServiceProfile {
  const { services } = deps.config;
  const names = Object.keys(services);
  const only = names.length === 1 ? names[0] : undefined;
  const name = service ?? only;
  if (name === undefined) {
    throw new RunbookError(
      'InvalidRequest',
      `the request is wrong: service: missing, and more than one is configured (${names.join(', ')})`,
    );
  }
  const profile = Object.hasOwn(services, name) ? services[name] : undefined;
  if (profile) return profile;
  throw new RunbookError(
    'InvalidRequest',
    `the request is wrong: service: ${name} is not configured (known: ${names.join(', ')})`,
  );
}
