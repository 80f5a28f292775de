import { createConnection } from './connection.ts';
import { type ClusterReference, type ClusterSource, createClusterCredentialSource } from './credentials.ts';
import { type Environment, kubeconfigFiles } from './kubeconfig/files.ts';
import { type ApiTransport, createApiTransport } from './transport.ts';

/** A share in the connection to a cluster. */
export interface TransportLease {
  readonly transport: ApiTransport;
  /** Which cluster that is. */
  readonly source: Pick<ClusterSource, 'cluster' | 'notes' | 'verify' | 'onMoved'>;
  /** Gives the share back; the last one closes the connection. */
  release(): Promise<void>;
}

const open = new Map<
  string,
  { readonly transport: ApiTransport; readonly source: ClusterSource; users: number }
>();

/**
 * Targets with the same kubeconfig and context share one connection. Connects at the first request, not here.
 * @param env of the worker.
 */
export function leaseTransport(
  { kubeconfig, context }: ClusterReference,
  env: Environment = process.env,
): TransportLease {
  const key = JSON.stringify([kubeconfig ?? kubeconfigFiles(undefined, env), context ?? null]);
  let shared = open.get(key);
  if (!shared) {
    const source = createClusterCredentialSource(
      {
        ...(kubeconfig === undefined ? {} : { kubeconfig }),
        ...(context === undefined ? {} : { context }),
      },
      { env },
    );
    shared = { transport: createApiTransport(createConnection(source)), source, users: 0 };
    open.set(key, shared);
  }
  const mine = shared;
  mine.users += 1;
  let released = false;
  return {
    transport: mine.transport,
    source: mine.source,
    async release() {
      if (released) return;
      released = true;
      mine.users -= 1;
      if (mine.users > 0) return;
      if (open.get(key) === mine) open.delete(key);
      await mine.transport.close();
    },
  };
}
