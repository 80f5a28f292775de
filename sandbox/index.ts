import { locateTools } from '../tools/index.ts';
import { openProcesses, type Processes } from '../tools/processes/index.ts';
import { startTemporalServer, type TemporalServer } from '../tools/temporal-server.ts';
import { openCluster, type SandboxCluster } from './cluster.ts';
import { type ComposeHost, locateComposePrograms, openComposeHost } from './compose/index.ts';
import { startControlPlane } from './control-plane/index.ts';
import { type NodeAgentOptions, startNodeAgent } from './node-agent/index.ts';
import { expectPodAddresses } from './node-agent/network.ts';
import {
  locatePrometheusPrograms,
  type PrometheusOptions,
  type SandboxPrometheus,
  startPrometheus,
} from './prometheus/index.ts';

export type { SandboxCluster } from './cluster.ts';
export type { ComposeHost } from './compose/index.ts';
export type { SandboxPrometheus } from './prometheus/index.ts';

export interface SandboxOptions {
  readonly temporal?: boolean | { readonly ui?: boolean; readonly databaseFile?: string };
  readonly kubernetes?: boolean | NodeAgentOptions;
  /** A Docker engine, Compose and a registry with images of the stand-in. */
  readonly compose?: boolean;
  /** A Prometheus that scrapes nothing yet: see sandbox/prometheus/index.ts. */
  readonly prometheus?: boolean | PrometheusOptions;
  readonly progress?: (line: string) => void;
  /** Ends the start, whose first time may take minutes. */
  readonly signal?: AbortSignal;
}

/** A whole world on one machine. Everything it starts ends with it. */
export interface Sandbox extends AsyncDisposable {
  readonly folder: string;
  readonly processes: Processes;
  readonly temporal?: TemporalServer;
  readonly cluster?: SandboxCluster;
  readonly composeHost?: ComposeHost;
  readonly prometheus?: SandboxPrometheus;
  close(): Promise<void>;
}

/**
 * Starts what is asked for and waits until it can be used.
 * @throws ToolMissing, SandboxUnavailable, ProcessEnded, and the signal's reason when it aborts.
 */
export async function openSandbox(
  options: SandboxOptions & {
    temporal: Exclude<SandboxOptions['temporal'], undefined>;
    kubernetes: Exclude<SandboxOptions['kubernetes'], undefined>;
  },
): Promise<Sandbox & { temporal: TemporalServer; cluster: SandboxCluster }>;
export async function openSandbox(
  options: SandboxOptions & { kubernetes: Exclude<SandboxOptions['kubernetes'], undefined> },
): Promise<Sandbox & { cluster: SandboxCluster }>;
export async function openSandbox(
  options: SandboxOptions & {
    temporal: Exclude<SandboxOptions['temporal'], undefined>;
    compose: true;
  },
): Promise<Sandbox & { temporal: TemporalServer; composeHost: ComposeHost }>;
export async function openSandbox(
  options: SandboxOptions & { compose: true },
): Promise<Sandbox & { composeHost: ComposeHost }>;
export async function openSandbox(
  options: SandboxOptions & { prometheus: true | PrometheusOptions },
): Promise<Sandbox & { prometheus: SandboxPrometheus }>;
export async function openSandbox(options: SandboxOptions): Promise<Sandbox>;
export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  const { signal, progress } = options;
  if (options.kubernetes) await expectPodAddresses();
  const locating = { ...(progress ? { progress } : {}), ...(signal ? { signal } : {}) };
  const programs = options.compose ? await locateComposePrograms(locating) : undefined;
  const measuring = options.prometheus ? await locatePrometheusPrograms(locating) : undefined;
  const tools = await locateTools(
    [
      ...(options.temporal ? (['temporal'] as const) : []),
      ...(options.kubernetes ? (['etcd', 'kube-apiserver', 'kube-controller-manager'] as const) : []),
    ],
    locating,
  );
  signal?.throwIfAborted();
  const processes = await openProcesses();
  let cluster: SandboxCluster | undefined;
  const close = async () => {
    await cluster?.node.close();
    await cluster?.api.close();
    await processes.close();
  };
  try {
    const wanted = typeof options.temporal === 'object' ? options.temporal : {};
    const [temporal, composeHost, controlPlane, prometheus] = await Promise.all([
      options.temporal
        ? startTemporalServer(processes, tools.temporal.path, { ui: false, fsync: false, signal, ...wanted })
        : undefined,
      programs ? openComposeHost(processes, programs, signal) : undefined,
      options.kubernetes
        ? startControlPlane(
            processes,
            {
              etcd: tools.etcd.path,
              'kube-apiserver': tools['kube-apiserver'].path,
              'kube-controller-manager': tools['kube-controller-manager'].path,
            },
            signal,
          )
        : undefined,
      measuring
        ? startPrometheus(
            processes,
            measuring,
            typeof options.prometheus === 'object' ? options.prometheus : {},
            signal,
          )
        : undefined,
    ]);
    signal?.throwIfAborted();
    if (controlPlane) {
      const agent = typeof options.kubernetes === 'object' ? options.kubernetes : {};
      const node = await startNodeAgent(controlPlane.admin, processes, agent);
      cluster = openCluster(controlPlane, node, processes);
    }
    return {
      folder: processes.folder,
      processes,
      ...(temporal ? { temporal } : {}),
      ...(cluster ? { cluster } : {}),
      ...(composeHost ? { composeHost } : {}),
      ...(prometheus ? { prometheus } : {}),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
