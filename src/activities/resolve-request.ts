import type { ServiceProfile } from '../config/profile.ts';
import { RunbookError } from '../domain/errors.ts';
import { isSamePerson } from '../domain/people/people.ts';
import { CHECK_IDS, type CheckId } from '../domain/proof/checks.ts';
import { breaksGlass, type RunPolicy } from '../domain/request/policy.ts';
import type { ResolvedRun, RollbackRequest, VerifyRequest } from '../domain/request/request.ts';
import { longestRunMs, refusalOf } from '../domain/request/start.ts';
import { describeWish, parseTarget, type TargetWish } from '../domain/versions/targets.ts';
import type { Dependencies } from './dependencies.ts';
import { parseRollbackRequest, parseVerifyRequest } from './request-schema.ts';
import { stepActivity } from './step.ts';

/**
 * Runbook 2: whose rollback, and to what.
 *
 * Reads: the request, the worker's runbook.yaml as loaded at its start, and how the run was started (Temporal
 * server), and of its kubeconfig which cluster is meant.
 * Writes: nothing.
 * Result: the request joined with what the workflow must know of the profile, without any address or secret; and why the
 * run must not begin, when it has waited too long for a worker or could be ended or repeated from outside.
 * Errors: `InvalidRequest` (names each wrong field, and what is missing for an approval that the profile requires),
 * `InvalidConfig` for a kubeconfig that cannot be read.
 * Safe to retry: it only reads and computes.
 */
export function resolveRequest(deps: Dependencies) {
  return stepActivity(async ({ readStart }, kind: 'rollback' | 'verify', input: unknown) => {
    const start = await readStart();
    if (start.inputs > 1) {
      throw wrong(`request: ${start.inputs} arguments were given, and a run takes one JSON object`);
    }
    const resolved =
      kind === 'rollback'
        ? await resolveRollback(deps, parseRollbackRequest(input))
        : await resolveVerify(deps, parseVerifyRequest(input));
    const refusal = refusalOf(start, {
      startWithinMs: profileOf(deps, resolved.service).startWithinMs,
      needsMs: longestRunMs(kind, resolved.policy),
      dryRun: resolved.dryRun,
    });
    const value: ResolvedRun = { ...resolved, ...(refusal ? { refusal } : {}) };
    const asked = kind === 'rollback' ? `, target ${describeWish(value.wish)}` : '';
    const summary = `${value.service} (${value.environment})${asked}`;
    return { value, summary: refusal ? `${summary}; ${refusal.type}` : summary };
  });
}

async function resolveRollback(deps: Dependencies, request: RollbackRequest): Promise<ResolvedRun> {
  const profile = profileOf(deps, request.service);
  const { severity, breakGlass, ifRunning } = request;
  const run: ResolvedRun = {
    ...(await resolveShared(deps, profile, request)),
    wish: parseTarget(request.target ?? 'known-good') as TargetWish,
    incident: request.incident ?? '',
    symptoms: request.symptoms ?? [],
    mitigationsTried: request.mitigationsTried ?? [],
    dryRun: request.dryRun ?? false,
    ...(request.force ? { force: true } : {}),
    ...(severity === undefined ? {} : { severity }),
    ...(breakGlass === undefined ? {} : { breakGlass }),
    ...(ifRunning === undefined ? {} : { ifRunning }),
    policy: profile.policy,
    ...(request.dryRun ? undisturbing(profile.policy) : {}),
  };
  const unsaid = request.force && (request.reason ?? '').trim() === '';
  if (unsaid) throw wrong('force: takes a reason, and reason is missing');
  const problem = run.dryRun ? undefined : consentProblem(profile, request);
  if (problem) throw wrong(problem);
  return run;
}

/** A dry run asks nobody and tells nobody: whoever asked has the answer. */
function undisturbing({ decisions, ...policy }: RunPolicy): Pick<ResolvedRun, 'notifiers' | 'policy'> {
  return {
    notifiers: [],
    policy: { ...policy, decisions: { ...decisions, waitMs: 0, atDeadline: 'abort', steps: {} } },
  };
}

async function resolveVerify(deps: Dependencies, request: VerifyRequest): Promise<ResolvedRun> {
  const profile = profileOf(deps, request.service);
  return { ...(await resolveShared(deps, profile, request)), accept: request.accept ?? [] };
}

async function resolveShared(
  deps: Dependencies,
  profile: ServiceProfile,
  request: RollbackRequest | VerifyRequest,
): Promise<ResolvedRun> {
  const { environment } = request;
  if (environment !== undefined && environment !== profile.environment) {
    throw wrong(`environment: ${profile.name} is configured for ${profile.environment}, not ${environment}`);
  }
  const { target, checks } = deps.service(profile.name);
  const cluster = await target.cluster();
  const { any, leftOut } = deps.searchAttributes();
  const enabled: readonly CheckId[] = CHECK_IDS.filter((id) => checks[id] !== undefined);
  return {
    service: profile.name,
    environment: profile.environment,
    workload: target.workload,
    ...(cluster ? { cluster } : {}),
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
    searchAttributes: any,
    ...(leftOut.length > 0 ? { unindexed: leftOut } : {}),
    evidenceSchema: 2,
  };
}

/** Why the run could never get the consent that it needs: better said at once than after the wait for it. */
function consentProblem({ name, policy }: ServiceProfile, request: RollbackRequest): string | undefined {
  const { required, breakGlass, approvers, quorum } = policy.approval;
  const { severity, requestedBy = '' } = request;
  if (request.breakGlass !== undefined && severity === undefined) {
    return 'breakGlass: goes with a severity, and severity is missing';
  }
  if (!required || breaksGlass(policy.approval, request)) return undefined;
  if (request.breakGlass !== undefined) {
    const allowed = breakGlass.length > 0 ? breakGlass.join(', ') : 'no severity';
    return `breakGlass: ${name} allows it for ${allowed}, not for ${severity}`;
  }
  if (requestedBy.trim() === '') return `requestedBy: missing, and ${name} needs approval by somebody else`;
  const others = approvers.filter((approver) => !isSamePerson(approver, requestedBy)).length;
  if (approvers.length === 0 || others >= quorum) return undefined;
  return `requestedBy: ${name} needs ${quorum} of its approvers besides the requester, and has ${others}`;
}

function profileOf(deps: Dependencies, service: string | undefined): ServiceProfile {
  const { services } = deps.config;
  const names = Object.keys(services);
  const only = names.length === 1 ? names[0] : undefined;
  const name = service ?? only;
  if (name === undefined) {
    throw wrong(`service: missing, and more than one is configured (${names.join(', ')})`);
  }
  const profile = Object.hasOwn(services, name) ? services[name] : undefined;
  if (profile) return profile;
  throw wrong(`service: ${name} is not configured (known: ${names.join(', ')})`);
}

function wrong(problem: string): RunbookError {
  return new RunbookError('InvalidRequest', `the request is wrong: ${problem}`);
}
