import { createConnection } from './connection.ts';
import { type ClusterReference, createClusterCredentialSource } from './credentials.ts';
import { type ApiTransport, createApiTransport } from './transport.ts';

/** A share in the connection to a cluster. */
export interface TransportLease {
  readonly transport: ApiTransport;
  /** Gives the share back; the last one closes the connection. */
  release(): Promise<void>;
}

const open = new Map<string, { readonly transport: ApiTransport; users: number }>();

/** Targets with the same kubeconfig and context share one connection. Connects at the first request, not here. */
export function leaseTransport({ kubeconfig, context }: ClusterReference): TransportLease {
  const key = JSON.stringify([kubeconfig ?? null, context ?? null]);
  let shared = open.get(key);
  if (!shared) {
    const source = createClusterCredentialSource({
      ...(kubeconfig === undefined ? {} : { kubeconfig }),
      ...(context === undefined ? {} : { context }),
    });
    shared = { transport: createApiTransport(createConnection(source)), users: 0 };
    open.set(key, shared);
  }
  const mine = shared;
  mine.users += 1;
  let released = false;
  return {
    transport: mine.transport,
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
