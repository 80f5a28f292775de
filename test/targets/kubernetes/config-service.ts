import {
  type KubernetesApi,
  type KubernetesObject,
  MERGE_PATCH,
} from '../../../sandbox/control-plane/api.ts';
import type { KnownGoodRecord } from '../../../src/domain/proof/known-good.ts';
import { planRollback } from '../../../src/domain/versions/plan-rollback.ts';
import type { TargetWish } from '../../../src/domain/versions/targets.ts';
import type { VersionCandidate } from '../../../src/domain/versions/versions.ts';
import { contentHash } from '../../../src/targets/kubernetes/config/content.ts';
import { aSecondLater } from '../../worlds/a-second-later.ts';
import { context, type openWorld, type Service } from './world.ts';

export const KNOWN_GOOD: TargetWish = { kind: 'known-good' };
export const COPY = 'deployment-master-orchestrator-config-0';
export const EVIDENCE = 'master-orchestrator-known-good';
export const GOOD = { 'config.toml': 'model = "gpt-good"\n' };
export const BAD = { 'config.toml': 'model = "gpt-none"\n' };
/** Pods that take a ConfigMap. */
export const TEMPLATE = { volumes: [{ name: 'config', configMap: { name: 'app-config' } }] };

/** What the pods of a template take. */
export const volumeOf = ({ spec }: KubernetesObject): string => spec.template.spec.volumes[0].configMap.name;

/** The name of a copy of ours. */
export const slot = (number: number): string => COPY.replace(/0$/, String(number));

export const everySlot = Array.from({ length: 20 }, (_, number) => slot(number));

/** What a copy of ours looks like from outside: of what its mark says, whatever it holds. */
export function forged(
  { metadata: { name: owner, uid } }: KubernetesObject,
  name = COPY,
  data: object = GOOD,
) {
  return {
    metadata: {
      name,
      annotations: {
        'rollback-runbook/content': contentHash({ data: GOOD }),
        'rollback-runbook/copy-of': 'app-config',
      },
      ownerReferences: [{ apiVersion: 'apps/v1', kind: 'Deployment', name: owner, uid }],
    },
    immutable: true,
    data,
  };
}

/** A copy of ours that nothing refers to any more. */
export function formerCopy(live: KubernetesObject, name: string) {
  const old = forged(live, name, BAD);
  const annotations = { ...old.metadata.annotations, 'rollback-runbook/content': contentHash({ data: BAD }) };
  return { ...old, metadata: { ...old.metadata, annotations } };
}

/** A record of a version. */
export function recordOf(
  { fingerprint, id, version, image }: Pick<VersionCandidate, 'fingerprint' | 'id' | 'version' | 'image'>,
  verdict: 'passed' | 'failed' = 'passed',
): KnownGoodRecord {
  return {
    schema: 2,
    fingerprint,
    ...(id ? { id } : {}),
    version,
    image,
    required: ['health'],
    accepted: [],
    waived: [],
    excused: [],
    notApplicable: [],
    verdict,
    at: new Date().toISOString(),
    provedBy: 'verify',
    workflowId: 'verify/orchestrator',
    runId: 'run',
    checks: { health: { verdict, summary: '', values: {} } },
  };
}

/** Records that what is live was proved, or failed. */
export async function prove(
  of: Pick<Service, 'target'>,
  verdict: 'passed' | 'failed' = 'passed',
  recorder = of.target,
) {
  const { current } = await of.target.observe(context);
  return recorder.recordKnownGood(recordOf(current, verdict), context);
}

/** The plan of now. */
export async function planned({ target }: Pick<Service, 'target'>, wish = KNOWN_GOOD) {
  const plan = planRollback(await target.observe(context), wish);
  if ('problem' in plan) throw new Error(`${plan.problem}: ${plan.message}`);
  return plan;
}

/** Services whose pods take config, in a world. */
export function configServices({ cluster, service }: ReturnType<typeof openWorld>) {
  const must: KubernetesApi['must'] = (...args) => cluster().api.must(...args);
  /** Writes the user's ConfigMap. */
  const write = (of: Service, data: object, how: 'POST' | 'PATCH' = 'PATCH') =>
    how === 'POST'
      ? must('POST', of.path('configmaps'), { metadata: { name: 'app-config' }, data })
      : must('PATCH', of.path('configmaps/app-config'), { data }, MERGE_PATCH);
  const read = (of: Service, name: string) => must('GET', of.path(`configmaps/${name}`));
  return {
    must,
    write,
    read,
    make: (of: Service, body: KubernetesObject) => must('POST', of.path('configmaps'), body),
    /** What the evidence says of config. */
    async configsOf(of: Service): Promise<readonly KubernetesObject[]> {
      const { data = {} } = await read(of, EVIDENCE);
      return Object.values(data).flatMap((text) => JSON.parse(String(text)).config ?? []);
    },
    /** A release that is bad by its config too. */
    async badRelease(of: Service): Promise<void> {
      await write(of, BAD);
      await of.deploy('v0.2.0', { template: TEMPLATE });
    },
    /** A service whose pods take a ConfigMap; its content is a second older than the pods. */
    async configured(
      data: Readonly<Record<string, string>> = GOOD,
      options: Parameters<typeof service>[1] = {},
    ): Promise<Service> {
      const of = await service([], options);
      await write(of, data, 'POST');
      await aSecondLater();
      await of.deploy('v0.1.0', { template: TEMPLATE });
      return of;
    },
  };
}
