import { Client, Connection } from '@temporalio/client';
import type { ComposeHost } from '../../sandbox/compose/index.ts';
import type { Sandbox, SandboxCluster } from '../../sandbox/index.ts';
import type { SandboxPrometheus, ScrapedTargets } from '../../sandbox/prometheus/index.ts';
import { openProcesses } from '../../tools/processes/index.ts';
import type { TemporalServer } from '../../tools/temporal-server.ts';
import { sharedCluster, sharedComposeHost, sharedPrometheus, sharedTemporal } from './shared.ts';

export { INSTANT } from './shared.ts';

/** Which of the shared parts a file needs. */
export interface Needs {
  readonly temporal?: true | { readonly ui: boolean };
  readonly kubernetes?: true;
  readonly compose?: true;
  readonly prometheus?: true;
}

/** The parts that are there for what was asked. */
type Parts<N extends Needs> = (N extends { temporal: object | true }
  ? { readonly temporal: TemporalServer }
  : unknown) &
  (N extends { kubernetes: true } ? { readonly cluster: SandboxCluster } : unknown) &
  (N extends { compose: true } ? { readonly composeHost: ComposeHost } : unknown) &
  (N extends { prometheus: true } ? { readonly prometheus: SandboxPrometheus } : unknown);

/**
 * A sandbox whose folder and processes are the caller's own, and whose servers all files of a vitest worker share. What
 * the caller has put there is gone when it is closed: namespaces, containers, runs. Not for tests that kill a server.
 */
export async function borrowSandbox<N extends Needs>(needs: N): Promise<Sandbox & Parts<N>> {
  const [processes, temporal, cluster, host, measuring] = await Promise.all([
    openProcesses(),
    needs.temporal ? sharedTemporal(needs.temporal !== true && needs.temporal.ui) : undefined,
    needs.kubernetes ? borrowCluster() : undefined,
    needs.compose ? sharedComposeHost() : undefined,
    needs.prometheus ? borrowPrometheus() : undefined,
  ]);
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= Promise.allSettled([
      temporal && endRuns(temporal),
      cluster?.giveBack(),
      host?.removeContainers(),
      measuring?.giveBack(),
    ]).then(async (outcomes) => {
      await processes.close();
      for (const outcome of outcomes) if (outcome.status === 'rejected') throw outcome.reason;
    });
    return closed;
  };
  return {
    folder: processes.folder,
    processes,
    ...(temporal ? { temporal } : {}),
    ...(cluster ? { cluster: cluster.cluster } : {}),
    ...(host ? { composeHost: host } : {}),
    ...(measuring ? { prometheus: measuring.prometheus } : {}),
    close,
    [Symbol.asyncDispose]: close,
  } as Sandbox & Parts<N>;
}

/** The shared cluster, which remembers the namespaces that were made through it. */
async function borrowCluster() {
  const cluster = await sharedCluster();
  const namespaces: string[] = [];
  return {
    cluster: {
      ...cluster,
      async createNamespace(name: string) {
        namespaces.push(name);
        await cluster.createNamespace(name);
      },
    },
    async giveBack() {
      await Promise.all(namespaces.splice(0).map(cluster.deleteNamespace));
      await cluster.nodes.clear();
    },
  };
}

/** The shared Prometheus, which remembers what was scraped for this borrower. */
async function borrowPrometheus() {
  const prometheus = await sharedPrometheus();
  const scraped: ScrapedTargets[] = [];
  return {
    prometheus: {
      ...prometheus,
      async scrape(...of: Parameters<SandboxPrometheus['scrape']>) {
        const targets = await prometheus.scrape(...of);
        scraped.push(targets);
        return targets;
      },
    },
    giveBack: () => Promise.all(scraped.splice(0).map((targets) => targets.end())),
  };
}

/** One file at a time uses a server: what is open is its own. */
async function endRuns({ address }: TemporalServer): Promise<void> {
  const connection = await Connection.connect({ address });
  const { workflow } = new Client({ connection });
  for await (const { workflowId, runId } of workflow.list({ query: `ExecutionStatus = 'Running'` })) {
    // Some end by themselves meanwhile.
    await workflow
      .getHandle(workflowId, runId)
      .terminate('its tests are over')
      .catch(() => undefined);
  }
  await connection.close();
}
