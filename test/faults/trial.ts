import { readFile, writeFile } from 'node:fs/promises';
import type { Client } from '@temporalio/client';
import { parse, stringify } from 'yaml';
import type { Receiver } from '../../sandbox/demo/receiver.ts';
import { type GrpcProxy, startGrpcProxy } from '../../sandbox/faults/grpc-proxy.ts';
import { type FaultProxy, startFaultProxy } from '../../sandbox/faults/index.ts';
import type { Sandbox } from '../../sandbox/index.ts';
import type { RollbackRequest } from '../../src/domain/request/request.ts';
import type { Managed } from '../../tools/processes/index.ts';
import type { TemporalServer } from '../../tools/temporal-server.ts';
import { type CastRuns, castRuns } from '../stories/stage-runs.ts';
import { startWorkerProgram } from '../stories/stage-worker.ts';
import type { CommandLog } from './docker-commands.ts';
import type { Row } from './rows.ts';

/** One rollback to be disturbed: a service of its own, and everything that its worker talks to behind a proxy. */
export interface Trial {
  readonly target: Exclude<Row['target'], 'both'>;
  /** Goes to the Temporal server directly. */
  readonly client: Client;
  readonly temporal: TemporalServer;
  readonly runs: CastRuns;
  readonly request: RollbackRequest;
  readonly channel: Receiver;
  /** Between worker and Temporal server. */
  readonly rpc: GrpcProxy;
  /** Between worker and the servers that its steps ask. */
  readonly servers: {
    readonly api?: FaultProxy;
    readonly service: FaultProxy;
    readonly receiver: FaultProxy;
  };
  /** For Compose: the commands that the worker runs. */
  readonly commands?: CommandLog;
  /** Starts a worker as a program of its own. */
  worker(options?: WorkerOptions): Promise<Managed>;
  /** Demands that the service was changed exactly once, to the good version. */
  expectOneWrite(): Promise<void>;
  /** For Kubernetes: writes that the API server did not take. */
  refusedWrites?(): Promise<number>;
  close(): Promise<void>;
}

export interface WorkerOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Default: the worker of this build. */
  readonly program?: string;
  /** Past the proxy, straight to the Temporal server. */
  readonly direct?: boolean;
}

/** A Temporal server and a client that goes to it directly. */
export interface TemporalPlace {
  readonly client: Client;
  readonly temporal: TemporalServer;
}

interface ApiServer {
  readonly server: string;
  /** Certificate that it is trusted by. */
  readonly ca: string;
}

/** A profile as its file holds it. */
interface Profile {
  readonly endpoint: string;
  readonly checks: Readonly<Record<string, { within: string }>>;
  readonly kubernetes?: { readonly kubeconfig: string };
  readonly notify: readonly { readonly slack: { readonly url: { readonly file: string } } }[];
}

/**
 * Puts proxies between a worker and what it talks to: the configuration leads to them from now on.
 */
export async function behindProxies(
  sandbox: Sandbox,
  { client, temporal }: TemporalPlace,
  name: string,
  cast: { readonly taskQueue: string; readonly configFile: string; readonly channel: Receiver },
  { api, env = {} }: { readonly api?: ApiServer; readonly env?: Readonly<Record<string, string>> },
): Promise<Omit<Trial, 'target' | 'request' | 'commands' | 'expectOneWrite' | 'refusedWrites'>> {
  const { configFile, channel, taskQueue } = cast;
  const config = parse(await readFile(configFile, 'utf8'));
  const profile: Profile = config.services.orchestrator;
  const [rpc, service, receiver, apiProxy] = await Promise.all([
    startGrpcProxy(temporal.address),
    startFaultProxy({ upstream: profile.endpoint }),
    startFaultProxy({ upstream: new URL(channel.url).origin }),
    api ? startFaultProxy({ upstream: api.server, ca: api.ca }) : undefined,
  ]);
  config.services.orchestrator = { ...profile, endpoint: service.url };
  // A check's budget goes on while its worker is down, and on a busy machine the next one takes a while to come.
  for (const check of Object.values(profile.checks)) check.within = '60s';
  if (apiProxy && profile.kubernetes) {
    const kubeconfig = `${configFile}.kubeconfig`;
    const original = JSON.parse(await readFile(profile.kubernetes.kubeconfig, 'utf8'));
    original.clusters[0].cluster = { server: apiProxy.url, 'insecure-skip-tls-verify': true };
    await writeFile(kubeconfig, JSON.stringify(original), { mode: 0o600 });
    config.services.orchestrator.kubernetes = { ...profile.kubernetes, kubeconfig };
  }
  await writeFile(profile.notify[0]?.slack.url.file ?? '', `${receiver.url}/hook`);
  await writeFile(configFile, stringify(config));
  const workers: Managed[] = [];
  return {
    client,
    temporal,
    channel,
    rpc,
    servers: { service, receiver, ...(apiProxy ? { api: apiProxy } : {}) },
    runs: castRuns(client, name, taskQueue),
    async worker({ env: more = {}, program, direct = false } = {}) {
      const reached = direct ? temporal : { ...temporal, address: rpc.address };
      const place = { ...sandbox, temporal: reached };
      const worker = await startWorkerProgram(place, cast, { ...env, ...more }, program);
      workers.push(worker);
      return worker;
    },
    async close() {
      for (const worker of workers) worker.signal('SIGKILL');
      await Promise.all(workers.map(({ exited }) => exited));
      await Promise.all([rpc.close(), service.close(), receiver.close(), apiProxy?.close()]);
    },
  };
}
