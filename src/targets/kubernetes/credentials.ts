import type { RequestOptions } from 'node:https';
import type { DispatcherOptions, KubeConfig } from '@kubernetes/client-node';
import { RunbookError } from '../../domain/errors.ts';
import { capped } from './api-error.ts';
import { adoptTokenFiles } from './token-files.ts';
import { withSignal } from './with-signal.ts';

/** Which cluster, and as whom: the part of a profile that decides the connection. */
export interface ClusterReference {
  readonly kubeconfig?: string;
  readonly context?: string;
}

/** What a connection needs. Holds secrets: never logged. */
export interface Credentials {
  readonly server: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly connect: DispatcherOptions;
}

/** How long resolved credentials are used before token files and exec plugins are asked again, in milliseconds. */
const FRESH_MS = 30_000;
/** An exec plugin or identity provider that takes longer than this hangs, in milliseconds. */
const TIMEOUT_MS = 20_000;

/** Resolves kubeconfig, service account, exec plugins and OIDC through client-node, which is loaded at first use. */
export interface ClusterCredentialSource {
  /** Credentials not older than 30 s. */
  current(signal: AbortSignal): Promise<Credentials>;
  /** Reads everything anew, for example after a 401. */
  renewed(signal: AbortSignal): Promise<Credentials>;
}

/** What is used of client-node. */
type ClusterConfig = Pick<
  KubeConfig,
  'getCurrentCluster' | 'applyToHTTPSOptions' | 'createDispatcherOptions'
>;

/** How credentials are read; tests have a shorter time-out and plugins that hang. */
interface CredentialOptions {
  readonly load: (cluster: ClusterReference) => Promise<ClusterConfig>;
  readonly timeoutMs: number;
}

export function createClusterCredentialSource(
  cluster: ClusterReference,
  { load, timeoutMs }: CredentialOptions = { load: loadKubeConfig, timeoutMs: TIMEOUT_MS },
): ClusterCredentialSource {
  let config: Promise<ClusterConfig> | undefined;
  let resolved: { readonly at: number; readonly value: Promise<Credentials> } | undefined;

  const resolve = (): Promise<Credentials> => {
    config ??= load(cluster);
    const value = withTimeout(timeoutMs, config.then(credentialsOf));
    const mine = { at: performance.now(), value };
    resolved = mine;
    // What failed or hangs is asked anew by the next request; client-node would wait for the same plugin again.
    value.catch(() => {
      if (resolved !== mine) return;
      resolved = undefined;
      config = undefined;
    });
    return value;
  };
  return {
    current: (signal) => {
      const isFresh = resolved !== undefined && performance.now() - resolved.at < FRESH_MS;
      return withSignal(isFresh && resolved ? resolved.value : resolve(), signal);
    },
    renewed: (signal) => {
      config = undefined;
      return withSignal(resolve(), signal);
    },
  };
}

/** The promise, or an error when it takes longer. What it stands for cannot be stopped; it is left behind. */
async function withTimeout<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const seconds = Math.round(ms / 1000);
    const message = `no credentials for the cluster within ${seconds} s: the exec plugin or identity provider hangs`;
    timer = setTimeout(() => reject(new RunbookError('Unreachable', message)), ms).unref();
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function loadKubeConfig({ kubeconfig, context }: ClusterReference): Promise<ClusterConfig> {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  const from = kubeconfig ?? 'the default kubeconfig';
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
    await adoptTokenFiles(config, kubeconfig);
    if (context !== undefined) config.setCurrentContext(context);
  } catch (error) {
    throw new RunbookError('InvalidConfig', `cannot read ${from}: ${problemOf(error)}`);
  }
  if (!config.getCurrentCluster()) {
    throw new RunbookError(
      'InvalidConfig',
      `${from} has no cluster for context "${config.getCurrentContext()}"`,
    );
  }
  return config;
}

async function credentialsOf(config: ClusterConfig): Promise<Credentials> {
  const cluster = config.getCurrentCluster()!;
  const options: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    throw new RunbookError('Unreachable', `cannot get credentials for the cluster: ${problemOf(error)}`);
  }
  const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options;
  const given = { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername };
  const tls = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  // A token file may end with a newline, which is part of no header.
  const headers = Object.entries(options.headers ?? {}).map(([name, value]) => [name, String(value).trim()]);
  const basic = options.auth
    ? { Authorization: `Basic ${Buffer.from(options.auth).toString('base64')}` }
    : {};
  try {
    return {
      server: cluster.server.replace(/\/+$/, ''),
      headers: { ...Object.fromEntries(headers), ...basic },
      connect: config.createDispatcherOptions(cluster, tls),
    };
  } catch (error) {
    throw new RunbookError('InvalidConfig', `cannot connect to the cluster: ${problemOf(error)}`);
  }
}

function problemOf(error: unknown): string {
  return capped(error instanceof Error ? error.message : String(error), 300);
}
