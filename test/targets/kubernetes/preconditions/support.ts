import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll } from 'vitest';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from '../../../../sandbox/control-plane/api.ts';
import type { SandboxCluster } from '../../../../sandbox/index.ts';
import { DEPLOYMENT, imageOf } from '../../../../sandbox/manifests.ts';
import type {
  PreconditionFinding,
  PreconditionId,
} from '../../../../src/domain/preconditions/preconditions.ts';
import type { Plan } from '../../../../src/domain/versions/plan.ts';
import { planRollback } from '../../../../src/domain/versions/plan-rollback.ts';
import type { TargetWish } from '../../../../src/domain/versions/targets.ts';
import type { RollbackTarget } from '../../../../src/targets/target.ts';
import { locateTool } from '../../../../tools/index.ts';
import { until } from '../../../../tools/until.ts';
import { context, PREVIOUS, type Service } from '../world.ts';

const run = promisify(execFile);
const FILE = join(import.meta.dirname, '../../../../deploy/rbac-preconditions.yaml');

/** What deploy/rbac-preconditions.yaml grants, by kind and namespace. */
function granted(): readonly KubernetesObject[] {
  return parseAllDocuments(readFileSync(FILE, 'utf8')).map((document) => document.toJS());
}

/** Grants the rights of deploy/rbac-preconditions.yaml to the worker of a service; undone when the file is over. */
export function preconditionRights(cluster: () => SandboxCluster) {
  const undo: string[] = [];
  afterAll(async () => {
    await Promise.all(undo.splice(0).map((path) => cluster().api.call('DELETE', path)));
  });
  return async ({ namespace }: Service, { nodes = true, argocd = '' } = {}): Promise<void> => {
    const { api } = cluster();
    const rbac = '/apis/rbac.authorization.k8s.io/v1';
    for (const object of granted()) {
      const isClusterWide = object.kind.startsWith('Cluster');
      const isOfArgo = object.metadata.namespace === 'argocd';
      if ((isClusterWide && !nodes) || (isOfArgo && argocd === '')) continue;
      const name = `${object.metadata.name}${isClusterWide ? `-${namespace}` : ''}`;
      const place = isClusterWide ? '' : `/namespaces/${isOfArgo ? argocd : namespace}`;
      const path = `${rbac}${place}/${object.kind.toLowerCase()}s`;
      const subjects = object.subjects?.map((one: KubernetesObject) => ({ ...one, namespace }));
      const { status, body } = await api.call('POST', path, {
        ...object,
        metadata: { name },
        ...(subjects ? { subjects, roleRef: { ...object.roleRef, name } } : {}),
      });
      // What was granted before stays.
      if (status >= 400 && status !== 409) throw new Error(`${path}: ${status} ${body.message}`);
      if (isClusterWide) undo.push(`${path}/${name}`);
    }
    const user = `system:serviceaccount:${namespace}:rollback-worker`;
    const asked = [
      { namespace, group: 'policy', resource: 'poddisruptionbudgets', verb: 'list' },
      ...(nodes ? [{ group: '', resource: 'nodes', verb: 'list' }] : []),
    ];
    for (const resourceAttributes of asked) {
      await until('the rights to be in force', async () => {
        const { status } = await api.must('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
          spec: { user, resourceAttributes },
        });
        return status.allowed === true;
      });
    }
  };
}

/** What a run would plan now. */
export async function planned(target: RollbackTarget, wish: TargetWish = PREVIOUS): Promise<Plan> {
  const plan = planRollback(await target.observe(context), wish);
  if ('problem' in plan) throw new Error(plan.message);
  return plan;
}

export type Known = Parameters<NonNullable<RollbackTarget['preconditions']>>[2];

/** All that the target finds before a rollback to the version before. */
export async function findings(
  target: RollbackTarget,
  known?: Known,
  wish?: TargetWish,
): Promise<readonly PreconditionFinding[]> {
  return (await target.preconditions?.(await planned(target, wish), context, known)) ?? [];
}

export async function finding(
  target: RollbackTarget,
  id: PreconditionId,
  known?: Known,
  wish?: TargetWish,
): Promise<PreconditionFinding> {
  const found = (await findings(target, known, wish)).find((one) => one.id === id);
  if (!found) throw new Error(`nothing was found of ${id}`);
  return found;
}

/** A pod's `spec` whose one container asks for this much. */
export function asking(version: string, resources: KubernetesObject = {}, more: KubernetesObject = {}) {
  return {
    template: { containers: [{ name: DEPLOYMENT, image: imageOf(version), resources }], ...more },
  };
}

/** Carries a remedy out with the real kubectl, as whoever pastes it into a shell. */
export async function remedied(
  { adminKubeconfig }: SandboxCluster,
  { remedy }: PreconditionFinding,
): Promise<string> {
  if (!remedy) throw new Error('there is no remedy');
  const { path } = await locateTool('kubectl');
  const env = { ...process.env, KUBECONFIG: adminKubeconfig };
  const { stdout } = await run('bash', ['-c', `kubectl() { "$0" "$@"; }; ${remedy}`, path], { env });
  return stdout;
}

/** A quota that its controller has counted. */
export async function quota(
  cluster: SandboxCluster,
  of: Service,
  hard: KubernetesObject,
  spec: KubernetesObject = {},
): Promise<string> {
  const name = 'quota';
  await cluster.api.must('POST', of.path('resourcequotas'), { metadata: { name }, spec: { ...spec, hard } });
  await until('the quota to be counted', async () => {
    const { status } = await cluster.api.must('GET', of.path(`resourcequotas/${name}`));
    return Object.keys(status?.used ?? {}).length === Object.keys(hard).length;
  });
  return name;
}

/** Writes the pinned template. */
export async function rolledBack({ target }: Service, wish?: TargetWish): Promise<void> {
  const { pin } = await planned(target, wish);
  await target.rollBack(pin, context);
}

/** Waits until a rollout stands: so many pods are of the new version and available, so many old ones are left, and another is refused. */
export async function standing(
  cluster: SandboxCluster,
  of: Service,
  { made, left }: { readonly made: number; readonly left: number },
): Promise<string> {
  return until('the rollout to stand', async () => {
    const [live, { items: events }] = await Promise.all([
      of.live(),
      cluster.api.must('GET', of.path('events')),
    ]);
    const { updatedReplicas = 0, replicas = 0, availableReplicas = 0, observedGeneration } = live.status;
    const isStanding =
      observedGeneration === live.metadata.generation &&
      updatedReplicas === made &&
      replicas === made + left &&
      availableReplicas === replicas;
    const refused = events.find(({ reason }: KubernetesObject) => reason === 'FailedCreate');
    return isStanding && refused?.message;
  });
}
