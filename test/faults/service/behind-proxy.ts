import { type FaultProxy, startFaultProxy } from '../../../sandbox/faults/index.ts';
import type { CheckId } from '../../../src/domain/proof/checks.ts';
import { freePorts } from '../../../tools/ports.ts';
import type { Cast, Stage } from '../../stories/stage.ts';

/** A good service whose checks reach it through proxies only. */
export interface ServiceBehindProxy {
  readonly cast: Cast;
  /** What stands between the service and a check. */
  proxyOf(check: CheckId): FaultProxy;
  close(): Promise<void>;
}

/** Time-out of one probe, and budget of a check, in milliseconds. */
const PROBE_MS = 500;
export const BUDGET_MS = 2_500;

const QUICK = { every: '50ms', within: `${BUDGET_MS}ms`, timeout: `${PROBE_MS}ms`, needed: 2 };

/** Metrics are asked of the pod itself: their proxy listens on another port of the pod's address. */
export async function serviceBehindProxy(stage: Stage, name: string): Promise<ServiceBehindProxy> {
  const { cluster } = stage.sandbox;
  const [apiPort = 0, metricsPort = 0] = await freePorts(2);
  const cast = await stage.cast(name, {
    profile: { endpoint: `http://127.0.0.1:${apiPort}` },
    checks: {
      health: QUICK,
      chat: { ...QUICK, needed: 1 },
      agents: QUICK,
      metrics: { ...QUICK, port: metricsPort },
    },
  });
  await cast.deploy('v0.1.0', { replicas: 1 });
  const { items } = await cluster.api.must('GET', `/api/v1/namespaces/${cast.namespace}/pods`);
  const host: string = items[0].status.podIP;
  const api = await startFaultProxy({ upstream: cast.url, port: apiPort });
  const metrics = await startFaultProxy({
    upstream: `http://${host}:${cluster.node.metricsPort}`,
    host,
    port: metricsPort,
  });
  return {
    cast,
    proxyOf: (check) => (check === 'metrics' ? metrics : api),
    close: async () => void (await Promise.all([api.close(), metrics.close()])),
  };
}
