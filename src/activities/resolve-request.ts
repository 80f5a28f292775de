import type { ServiceProfile } from '../config/profile.ts';
import { CHECK_IDS, type CheckId } from '../domain/proof/checks.ts';
import type { RunPolicy } from '../domain/request/policy.ts';
import type { ResolvedRun, RollbackRequest, VerifyRequest } from '../domain/request/request.ts';
import { longestRunMs, type RunStart, refusalOf } from '../domain/request/start.ts';
import type { WorkflowKind } from '../domain/request/workflow-kinds.ts';
import { describeWish, parseTarget, type TargetWish } from '../domain/versions/targets.ts';
import type { Dependencies } from './dependencies.ts';
import { consentProblem, profileOf, wrong } from './request/requested-service.ts';
import { resolveGroup } from './request/resolve-group.ts';
import { parseGroupRequest, parseRollbackRequest, parseVerifyRequest } from './request-schema.ts';
import { type StepContext, stepActivity } from './step.ts';

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
  return stepActivity(async (context, kind: 'rollback' | 'verify' | 'rollbackGroup', input: unknown) => {
    const start = await context.readStart();
    if (start.inputs > 1) {
      throw wrong(`request: ${start.inputs} arguments were given, and a run takes one JSON object`);
    }
    const { resolved, startWithinMs, needsMs } = await RESOLVE[kind](deps, input, { ...context, start });
    const { dryRun } = resolved;
    const refusal = refusalOf(start, { startWithinMs, needsMs, dryRun });
    const value: ResolvedRun = { ...resolved, ...(refusal ? { refusal } : {}) };
    const asked = kind === 'verify' ? '' : `, target ${describeWish(value.wish)}`;
    const summary = `${value.service} (${value.environment})${asked}`;
    return { value, summary: refusal ? `${summary}; ${refusal.type}` : summary };
  });
}

/** A request that was understood, and what its run needs to be started with. */
export interface Resolved {
  readonly resolved: ResolvedRun;
  readonly startWithinMs: number;
  /** How long the run may take, in ms. */
  readonly needsMs: number;
}

type Asked = Pick<StepContext, 'readRun'> & { readonly start: RunStart };

const RESOLVE: Readonly<
  Record<
    'rollback' | 'verify' | 'rollbackGroup',
    (deps: Dependencies, input: unknown, asked: Asked) => Promise<Resolved>
  >
> = {
  async rollback(deps, input, asked) {
    const request = parseRollbackRequest(input);
    const profile = profileOf(deps.config, request.service);
    if (request.member) await assertMember(deps, profile.name, request.member.group, asked);
    const resolved = await resolveRollback(deps, profile, request);
    const { startWithinMs } = profile;
    return { resolved, startWithinMs, needsMs: longestRunMs('rollback', resolved.policy) };
  },
  async verify(deps, input) {
    const request = parseVerifyRequest(input);
    const profile = profileOf(deps.config, request.service);
    const resolved = await resolveVerify(deps, profile, request);
    return { resolved, startWithinMs: profile.startWithinMs, needsMs: longestRunMs('verify') };
  },
  rollbackGroup: async (deps, input) => resolveGroup(deps, parseGroupRequest(input)),
};

/** Nobody but the run of a group can say that its members need no consent of their own. */
async function assertMember(
  { config }: Dependencies,
  service: string,
  group: string,
  { start, readRun }: Asked,
): Promise<void> {
  const { parent } = start;
  const starter = parent && (await readRun(parent.workflowId, parent.runId));
  const { members = [] } = Object.hasOwn(config.groups, group) ? (config.groups[group] ?? {}) : {};
  if (starter?.type === ('rollbackGroup' satisfies WorkflowKind) && members.includes(service)) return;
  throw wrong(`member: only the run of a group that ${service} is in starts a run with it`);
}

async function resolveRollback(
  deps: Dependencies,
  profile: ServiceProfile,
  request: RollbackRequest,
): Promise<ResolvedRun> {
  const { severity, breakGlass, ifRunning, trigger, member } = request;
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
    ...(trigger === undefined ? {} : { trigger }),
    ...(member === undefined ? {} : { member }),
    policy: profile.policy,
    ...(request.dryRun ? undisturbing(profile.policy) : {}),
  };
  const unsaid = request.force && (request.reason ?? '').trim() === '';
  if (unsaid) throw wrong('force: takes a reason, and reason is missing');
  const problem = run.dryRun ? undefined : consentProblem(profile.name, profile.policy.approval, request);
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

async function resolveVerify(
  deps: Dependencies,
  profile: ServiceProfile,
  request: VerifyRequest,
): Promise<ResolvedRun> {
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
