/** A cluster as people know it. It stands in plans, messages and records, and tells one cluster from another. */
export interface NamedCluster {
  /** Name of the context in the worker's kubeconfig; `in-cluster` for a pod's service account. */
  readonly context: string;
  /** Address of the API server. */
  readonly server: string;
}

/** `context production, https://api.example:6443` */
export function nameOfCluster({ context, server }: NamedCluster): string {
  return `context ${context}, ${server}`;
}

/**
 * Whether two names can be of one cluster: a context may lead to another address after a move, and one address may be
 * known by two names. Where both differ it is another cluster. That an object is the same one is compared by its uid. Pure.
 */
export function mayBeSameCluster(a: NamedCluster, b: NamedCluster): boolean {
  return a.context === b.context || a.server === b.server;
}
