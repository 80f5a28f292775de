import { setTimeout as sleep } from 'node:timers/promises';
import { type KubernetesApi, MERGE_PATCH } from '../../../sandbox/control-plane/api.ts';
import type { KnownGoodRecord } from '../../../src/domain/proof/known-good.ts';
import { planRollback } from '../../../src/domain/versions/plan-rollback.ts';
import type { TargetWish } from '../../../src/domain/versions/targets.ts';
import type { VersionCandidate } from '../../../src/domain/versions/versions.ts';
import { context, type openWorld, type Service } from './world.ts';

export const KNOWN_GOOD: TargetWish = { kind: 'known-good' };
export const COPY = 'deployment-master-orchestrator-config-0';
export const EVIDENCE = 'master-orchestrator-known-good';
export const GOOD = { 'config.toml': 'model = "gpt-good"\n' };
export const BAD = { 'config.toml': 'model = "gpt-none"\n' };
/** Pods that take a ConfigMap. */
export const TEMPLATE = { volumes: [{ name: 'config', configMap: { name: 'app-config' } }] };

/** The name of a copy of ours. */
export const slot = (number: number): string => COPY.replace(/0$/, String(number));

/** The API server notes whole seconds: what is changed in the second of a start may be older or younger. */
export const aSecondLater = (): Promise<void> => sleep(1_000 - (Date.now() % 1_000) + 20);

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
  return {
    must,
    write,
    read: (of: Service, name: string) => must('GET', of.path(`configmaps/${name}`)),
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
