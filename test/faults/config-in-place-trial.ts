import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { MERGE_PATCH } from '../../sandbox/control-plane/api.ts';
import { rulesOf, WORKER_RULES } from '../../sandbox/manifests.ts';
import type { Cast, Stage } from '../stories/stage.ts';
import { workerFor } from '../stories/stage-runs.ts';

const GOOD = { RUST_LOG: 'warn' };
const BAD = { RUST_LOG: 'none' };
const LABELS = { team: 'orch' };
const VOLUMES = { volumes: [{ name: 'config', configMap: { name: 'app-config' } }] };

/** What a service is cast with whose config is written in place. */
export const IN_PLACE = {
  profile: { config: { restore: 'in-place' } },
  rules: [...WORKER_RULES, ...rulesOf('rbac-config-in-place.yaml')],
};

/**
 * Two releases that take config from a ConfigMap: the first is proved with it, and it is changed with the second one.
 * @param immutable whether it can be changed only by being made anew.
 * @returns demands that it holds what was proved, and has all that it had.
 */
export async function releasesWithConfig(
  { sandbox, native }: Stage,
  cast: Cast,
  good: string,
  immutable: boolean,
): Promise<() => Promise<void>> {
  const { api } = sandbox.cluster;
  const collection = `/api/v1/namespaces/${cast.namespace}/configmaps`;
  const body = (data: object) => ({ metadata: { name: 'app-config', labels: LABELS }, data, immutable });
  await api.must('POST', collection, body(GOOD));
  // The API server notes whole seconds: the pods begin in a later one.
  await sleep(1_000 - (Date.now() % 1_000) + 20);
  await cast.deploy(good, { replicas: 1, template: VOLUMES });
  const worker = await workerFor(native, cast.configFile, cast.taskQueue);
  const { outcome, summary } = await cast.verify();
  if (outcome !== 'known-good') throw new Error(`${outcome}: ${summary}`);
  await worker.stop();
  if (immutable) {
    await api.must('DELETE', `${collection}/app-config`);
    await api.must('POST', collection, body(BAD));
  } else await api.must('PATCH', `${collection}/app-config`, { data: BAD }, MERGE_PATCH);
  await cast.deploy('v0.2.0', { replicas: 1, template: VOLUMES });
  return async () => {
    const { metadata, data } = await api.must('GET', `${collection}/app-config`);
    expect({ data, labels: metadata.labels }).toEqual({ data: GOOD, labels: LABELS });
    const kept = await api.must('GET', `${collection}/deployment-master-orchestrator-config-1`);
    expect(kept.data).toEqual(BAD);
  };
}
