import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../../tools/until.ts';
import type { SandboxCluster } from '../cluster.ts';
import type { KubernetesObject } from '../control-plane/api.ts';
import type { SandboxPrometheus } from './index.ts';

/** How often it is looked which pods there are, in milliseconds. */
const EVERY_MS = 200;

/** Pods that are scraped for as long as it is not disposed of. */
export interface ScrapedPods extends AsyncDisposable {
  /** Waits until every pod of now was scraped. */
  up(): Promise<void>;
}

/** As a ServiceMonitor does it: every pod of a namespace that has an address is scraped, under one job. */
export async function scrapePods(
  prometheus: SandboxPrometheus,
  { api, node }: Pick<SandboxCluster, 'api' | 'node'>,
  { namespace, job }: { readonly namespace: string; readonly job: string },
): Promise<ScrapedPods> {
  const stop = new AbortController();
  const addresses = async (): Promise<readonly string[]> => {
    const { items } = await api.must('GET', `/api/v1/namespaces/${namespace}/pods`);
    return items.flatMap(({ status, metadata }: KubernetesObject) =>
      status?.podIP && !metadata.deletionTimestamp ? [`${status.podIP}:${node.metricsPort}`] : [],
    );
  };
  const scraped = await prometheus.scrape([], { job });
  let known = '';
  const following = (async () => {
    while (!stop.signal.aborted) {
      const now = await addresses().catch(() => undefined);
      if (now && now.join() !== known) {
        await scraped.change(now);
        known = now.join();
      }
      await sleep(EVERY_MS, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  })();
  return {
    async up() {
      await until('the pods to be known', async () => known !== '' && (await addresses()).join() === known);
      await scraped.up();
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await following;
      await scraped.end();
    },
  };
}
