import type { RequestOptions } from 'node:https';
import type { DispatcherOptions } from '@kubernetes/client-node';
import { RunbookError } from '../../domain/errors.ts';
import { capped } from './api-error.ts';

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

/** Resolves kubeconfig, service account, exec plugins and OIDC through client-node, which is loaded at first use. */
export interface CredentialSource {
  /** Credentials not older than 30 s. */
  current(): Promise<Credentials>;
  /** Reads everything anew, for example after a 401. */
  renewed(): Promise<Credentials>;
}

export function createCredentialSource(cluster: ClusterReference): CredentialSource {
  type KubeConfig = Awaited<ReturnType<typeof loadKubeConfig>>;
  let config: Promise<KubeConfig> | undefined;
  let resolved: { readonly at: number; readonly value: Promise<Credentials> } | undefined;

  const resolve = (): Promise<Credentials> => {
    config ??= loadKubeConfig(cluster);
    const value = config.then(credentialsOf);
    resolved = { at: performance.now(), value };
    value.catch(() => {
      resolved = undefined;
      config = undefined;
    });
    return value;
  };
  return {
    current: () => (resolved && performance.now() - resolved.at < FRESH_MS ? resolved.value : resolve()),
    renewed: () => {
      config = undefined;
      return resolve();
    },
  };
}

async function loadKubeConfig({ kubeconfig, context }: ClusterReference) {
  const { KubeConfig } = await import('@kubernetes/client-node');
  const config = new KubeConfig();
  const from = kubeconfig ?? 'the default kubeconfig';
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
    if (context !== undefined) config.setCurrentContext(context);
  } catch (error) {
    throw new RunbookError('InvalidConfig', `cannot read ${from}: ${reasonOf(error)}`);
  }
  if (!config.getCurrentCluster()) {
    throw new RunbookError(
      'InvalidConfig',
      `${from} has no cluster for context "${config.getCurrentContext()}"`,
    );
  }
  return config;
}

async function credentialsOf(config: Awaited<ReturnType<typeof loadKubeConfig>>): Promise<Credentials> {
  const cluster = config.getCurrentCluster()!;
  const options: RequestOptions = {};
  try {
    await config.applyToHTTPSOptions(options);
  } catch (error) {
    throw new RunbookError('Unreachable', `cannot get credentials for the cluster: ${reasonOf(error)}`);
  }
  const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = options;
  const given = { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername };
  const tls = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const headers = Object.entries(options.headers ?? {}).map(([name, value]) => [name, String(value)]);
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
    throw new RunbookError('InvalidConfig', `cannot connect to the cluster: ${reasonOf(error)}`);
  }
}

function reasonOf(error: unknown): string {
  return capped(error instanceof Error ? error.message : String(error), 300);
}
