import type { SandboxCluster } from '../sandbox/index.ts';
import { DEPLOYMENT, NAMESPACE } from '../sandbox/manifests.ts';

/** Notes when the API server first shows each generation of the Deployment complete. */
export interface CompletionClock {
  /** Milliseconds since 1970. */
  at(generation: number): number | undefined;
  close(): void;
}

export function watchCompletion(cluster: SandboxCluster): CompletionClock {
  const complete = new Map<number, number>();
  const stop = new AbortController();
  const path = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments?fieldSelector=metadata.name%3D${DEPLOYMENT}`;
  void (async () => {
    for await (const { object } of cluster.api.watch(path, stop.signal)) {
      const { metadata, spec, status } = object;
      if (!spec) continue;
      const { generation } = metadata;
      const done =
        status.observedGeneration >= generation &&
        status.updatedReplicas === spec.replicas &&
        status.replicas === spec.replicas &&
        status.availableReplicas === spec.replicas;
      if (done && !complete.has(generation)) complete.set(generation, Date.now());
    }
  })().catch(() => undefined);
  return { at: (generation) => complete.get(generation), close: () => stop.abort() };
}
