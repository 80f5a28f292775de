import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { kubernetesEntry, writeConfig } from '../../sandbox/demo/config.ts';
import { type Receiver, startReceiver } from '../../sandbox/demo/receiver.ts';
import { openSandbox, type Sandbox, type SandboxCluster } from '../../sandbox/index.ts';
import {
  DEPLOYMENT,
  imageOf,
  LABELS,
  type PolicyRule,
  RULES_OF_KIND,
  WORKER_ACCOUNT,
} from '../../sandbox/manifests.ts';
import type { RunReport } from '../../src/domain/ledger/ledger.ts';
import type { WorkloadKindName } from '../../src/domain/workload-kind.ts';
import type { RunningWorker } from '../../src/wiring/start-worker.ts';
import type { TemporalServer } from '../../tools/temporal-server.ts';
import { borrowSandbox } from '../worlds/borrowed.ts';
import { type CastRuns, castRuns, workerFor } from './stage-runs.ts';
import { openStageOn, type TemporalClients } from './stage-temporal.ts';

/** One world and one connection, shared by the stories of a file. */
export interface Stage extends TemporalClients {
  readonly sandbox: Sandbox & { readonly cluster: SandboxCluster; readonly temporal: TemporalServer };
  /** A service of its own for one story: namespace, service address, configuration, task queue. */
  cast(name: string, options?: CastOptions): Promise<Cast>;
}

export interface CastOptions {
  /** Default: a Deployment. */
  readonly kind?: WorkloadKindName;
  /** For a DaemonSet: on how many nodes it has pods. */
  readonly nodes?: number;
  readonly profile?: Readonly<Record<string, unknown>>;
  readonly checks?: Readonly<Record<string, unknown>>;
  /** Rules of the worker's Role; default: the worker's own. */
  readonly rules?: readonly PolicyRule[];
  /** Changes the worker's kubeconfig before it is used, for example to lead through a proxy. */
  readonly kubeconfig?: (file: string) => Promise<void>;
  /** Default: a worker in this process. */
  readonly worker?: boolean;
  /** Default: a queue of its own. */
  readonly taskQueue?: string;
}

/** The service of one story and what can be done with it. */
export interface Cast extends CastRuns {
  readonly namespace: string;
  readonly configFile: string;
  readonly records: string;
  readonly url: string;
  readonly channel: Receiver;
  /** Audit user of the worker. */
  readonly user: string;
  deploy(
    version: string,
    options?: {
      readonly replicas?: number;
      readonly template?: object;
      readonly spec?: unknown;
      readonly annotations?: Record<string, string>;
      readonly wait?: boolean;
    },
  ): Promise<void>;
  workload(): Promise<WorkloadObject>;
  close(): Promise<void>;
}

// biome-ignore lint/suspicious/noExplicitAny: a workload as the API server gives it
type WorkloadObject = any;

let count = 0;

/**
 * Opens what the files of a vitest worker share.
 * @param options.ui whether Temporal has its web interface.
 * @param options.own whether the stage has servers of its own: for stories that kill one.
 */
export function openStage({ ui = false, own = false } = {}): Promise<Stage> {
  const needs = { temporal: { ui }, kubernetes: true } as const;
  return openStageOn(() => (own ? openSandbox(needs) : borrowSandbox(needs)), openCast);
}

async function openCast(
  { sandbox, client, native }: Pick<Stage, 'sandbox' | 'client' | 'native'>,
  name: string,
  options: CastOptions,
): Promise<Cast> {
  const { cluster } = sandbox;
  const { kind = 'Deployment', nodes = 0 } = options;
  count += 1;
  const namespace = `${name}-${count}`;
  const taskQueue = options.taskQueue ?? `queue-${namespace}`;
  await cluster.createNamespace(namespace);
  const selected = { 'stories.test/daemonset-of': namespace };
  for (let node = 0; node < nodes; node += 1) await cluster.nodes.add(`${namespace}-node-${node}`, selected);
  const onNodes = kind === 'DaemonSet' ? { nodeSelector: selected } : {};
  const [service, channel] = await Promise.all([
    cluster.node.openService(namespace, LABELS),
    startReceiver(),
  ]);
  const folder = join(sandbox.folder, namespace);
  const records = join(folder, 'incidents');
  await mkdir(folder, { recursive: true });
  const slackFile = join(folder, 'slack');
  await writeFile(slackFile, channel.url);
  const kubeconfig = await cluster.kubeconfigFor(
    namespace,
    WORKER_ACCOUNT,
    options.rules ?? RULES_OF_KIND[kind],
  );
  await options.kubeconfig?.(kubeconfig);
  const configFile = await writeConfig({
    folder,
    target: kubernetesEntry(kubeconfig, namespace, kind),
    endpoint: service.url,
    apiPort: cluster.node.apiPort,
    metricsPort: cluster.node.metricsPort,
    records,
    slackFile,
    ...(options.profile ? { profile: options.profile } : {}),
    ...(options.checks ? { checks: options.checks } : {}),
  });
  let worker: RunningWorker | undefined;
  if (options.worker !== false) worker = await workerFor(native, configFile, taskQueue);
  const path = `/apis/apps/v1/namespaces/${namespace}/${kind.toLowerCase()}s/${DEPLOYMENT}`;
  return {
    ...castRuns(client, namespace, taskQueue),
    namespace,
    configFile,
    records,
    channel,
    url: service.url,
    user: `system:serviceaccount:${namespace}:${WORKER_ACCOUNT}`,
    async deploy(version, { replicas = 2, template, spec, annotations, wait = true } = {}) {
      const wanted = {
        namespace,
        image: imageOf(version),
        replicas,
        kind,
        template: { ...onNodes, ...template },
        ...(spec ? { spec } : {}),
        ...(annotations ? { annotations } : {}),
      };
      const deployed = cluster.deploy(wanted as Parameters<SandboxCluster['deploy']>[0]);
      if (wait) await deployed;
      else deployed.catch(() => undefined);
    },
    workload: () => cluster.api.must('GET', path),
    async close() {
      await worker?.stop();
      await channel.close();
      await service.close();
    },
  };
}

/** The record that a run wrote. */
export async function recordOf(report: RunReport): Promise<{ markdown: string; json: RunReport }> {
  const files = report.ledger.find((entry) => entry.record)?.record;
  if (!files) throw new Error('no record was written');
  const [markdown, json] = await Promise.all([
    readFile(files.markdown, 'utf8'),
    readFile(files.json, 'utf8'),
  ]);
  return { markdown, json: JSON.parse(json) };
}

/** Steps of a report with their ends, in order. */
export function told(report: RunReport): string[] {
  return report.ledger.map(({ step, outcome, verdict }) => `${step} ${verdict ?? outcome}`);
}
