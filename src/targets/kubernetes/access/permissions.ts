import { RunbookError } from '../../../domain/errors.ts';
import type { ConfigWrite } from '../../../domain/versions/pins.ts';
import { ApiError } from '../api/api-error.ts';
import { groupOf, type Resource } from '../api/resources.ts';
import type { ApiTransport, ReviewKind } from '../api/transport.ts';
import type { WorkloadPlace } from '../workload/workload.ts';

/** One permission, in RBAC's words. */
export interface Permission {
  readonly group: string;
  readonly resource: Resource;
  readonly verb: 'get' | 'list' | 'watch' | 'patch' | 'create' | 'delete';
  /** The one object that is meant; a rule with `resourceNames` suffices when it names it. */
  readonly name?: string;
}

/** What the reviews said. */
export interface Permissions {
  readonly missing: readonly Permission[];
  readonly warnings: readonly string[];
}

/** A rule of SelfSubjectRulesReview (authorization.k8s.io/v1, ResourceRule). */
export interface ResourceRule {
  readonly verbs?: readonly string[];
  readonly apiGroups?: readonly string[];
  readonly resources?: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** Without these there is no rollback. */
export function neededPermissions({
  kind,
  name,
}: Pick<WorkloadPlace, 'kind' | 'name'>): readonly Permission[] {
  const workload = { group: groupOf(kind.collection), resource: kind.collection, name };
  const { collection } = kind.history;
  const history = { group: groupOf(collection), resource: collection };
  return [
    { ...workload, verb: 'get' },
    { ...workload, verb: 'watch' },
    { ...workload, verb: 'patch' },
    { ...history, verb: 'get' },
    { ...history, verb: 'list' },
    { group: '', resource: 'pods', verb: 'list' },
    { group: '', resource: 'pods', verb: 'watch' },
  ];
}

const CONFIG_MAPS = { group: '', resource: 'configmaps' } as const;
const CREATE_CONFIG_MAPS: Permission = { ...CONFIG_MAPS, verb: 'create' };

/** Without these the rollback works and evidence is not kept. */
export function wantedPermissions(evidence: string): readonly Permission[] {
  return [
    { ...CONFIG_MAPS, verb: 'get', name: evidence },
    { ...CONFIG_MAPS, verb: 'patch', name: evidence },
    CREATE_CONFIG_MAPS,
  ];
}

/**
 * Without these a version that was proved is no target any more once the workload's history has lost it. Patching stands
 * for all the names that there are.
 */
export function keepingPermissions(kept: string): readonly Permission[] {
  const podTemplates = { group: '', resource: 'podtemplates' } as const;
  return [
    { ...podTemplates, verb: 'get' },
    { ...podTemplates, verb: 'list' },
    { ...podTemplates, verb: 'create' },
    { ...podTemplates, verb: 'patch', name: kept },
  ];
}

/** A snapshot in a ConfigMap needs these. Its name has the generation in it, so a rule cannot name it. */
export const SNAPSHOT_PERMISSIONS: readonly Permission[] = [
  { ...CONFIG_MAPS, verb: 'get' },
  CREATE_CONFIG_MAPS,
];

/** Without these the content of Secrets is not kept. */
export const SECRET_PERMISSIONS: readonly Permission[] = [
  { group: '', resource: 'secrets', verb: 'get' },
  { group: '', resource: 'secrets', verb: 'create' },
];

/** Without it a pod for which the controller waits for ever has to be deleted by a person. */
export const REPLACING_PERMISSIONS: readonly Permission[] = [{ group: '', resource: 'pods', verb: 'delete' }];

/** What writing objects in place takes (deploy/rbac-config-in-place.yaml). Patching the first copy stands for all of them. */
export function inPlacePermissions(writes: readonly ConfigWrite[], copy: string): readonly Permission[] {
  return writes.flatMap(({ reference, before, anew }): readonly Permission[] => {
    const [kind, name = ''] = reference.split('/', 2);
    const collection = { group: '', resource: kind === 'secret' ? 'secrets' : 'configmaps' } as const;
    const object = { ...collection, name };
    // A name that changes with the content is in no Role: what was not there is made, and may have to stay.
    if (before === undefined) return [{ ...collection, verb: 'create' }];
    if (!anew) return [{ ...object, verb: 'patch' }];
    return [
      { ...object, verb: 'delete' },
      { ...collection, verb: 'create' },
      { ...collection, name: copy, verb: 'patch' },
    ];
  });
}

/** True when one of the rules grants the permission. Pure. */
export function isGranted(
  rules: readonly ResourceRule[],
  { group, resource, verb, name }: Permission,
): boolean {
  const has = (list: readonly string[] | undefined, item: string) =>
    list?.some((each) => each === '*' || each === item) === true;
  return rules.some(
    (rule) =>
      has(rule.verbs, verb) &&
      has(rule.apiGroups, group) &&
      has(rule.resources, resource) &&
      (!rule.resourceNames?.length || (name !== undefined && rule.resourceNames.includes(name))),
  );
}

/**
 * Asks the API server what the worker may do: one SelfSubjectRulesReview. Where that is incomplete (a webhook
 * authoriser), what it does not show is asked one by one with SelfSubjectAccessReview.
 * @returns those of the asked permissions that are missing.
 */
export async function reviewPermissions(
  transport: ApiTransport,
  { namespace }: WorkloadPlace,
  asked: readonly Permission[],
  signal: AbortSignal,
): Promise<Permissions> {
  const review = <T>(kind: ReviewKind, spec: unknown) => transport.review<{ status?: T }>(kind, spec, signal);
  try {
    const { status } = await review<{ incomplete?: boolean; resourceRules?: ResourceRule[] }>(
      'SelfSubjectRulesReview',
      { namespace },
    );
    const open = asked.filter((permission) => !isGranted(status?.resourceRules ?? [], permission));
    if (!status?.incomplete || open.length === 0) return { missing: open, warnings: [] };
    const answers = await Promise.all(
      open.map(async (permission) => {
        const { group, resource, verb, name } = permission;
        const resourceAttributes = { namespace, group, resource, verb, ...(name ? { name } : {}) };
        const reviewed = await review<{ allowed?: boolean }>('SelfSubjectAccessReview', {
          resourceAttributes,
        });
        return reviewed.status?.allowed === true;
      }),
    );
    return { missing: open.filter((_, index) => !answers[index]), warnings: [] };
  } catch (error) {
    if (!(error instanceof ApiError) || error.code !== 403) throw error;
    return { missing: [], warnings: ['the worker may not review its own permissions; they are not checked'] };
  }
}

/** `get, patch deployments.apps; list pods`. */
export function describePermissions(permissions: readonly Permission[]): string {
  const verbs = new Map<string, string[]>();
  for (const { verb, resource, group } of permissions) {
    const on = group ? `${resource}.${group}` : resource;
    verbs.set(on, [...(verbs.get(on) ?? []), verb]);
  }
  return [...verbs].map(([on, may]) => `${may.join(', ')} ${on}`).join('; ');
}

/** The error for what is missing, with the way to grant it. */
export function accessDenied(
  { namespace }: WorkloadPlace,
  missing: readonly Permission[],
  file?: string,
): RunbookError {
  const rules = missing.map(
    ({ group, resource, verb }) => `{apiGroups: ["${group}"], resources: [${resource}], verbs: [${verb}]}`,
  );
  const has = file ? ` (${file} has all of them)` : '';
  return new RunbookError(
    'AccessDenied',
    `the worker may not ${describePermissions(missing)} in namespace ${namespace}; ` +
      `grant it with a Role of that namespace: ${rules.join(', ')}${has}`,
  );
}
