import type { NamedCluster } from '../../../../domain/versions/cluster.ts';
import type { ChosenContext } from './choose.ts';

/** How people name what a context leads to. */
export function nameOf({ context, cluster }: ChosenContext): NamedCluster {
  const { origin, pathname } = new URL(cluster.server ?? '');
  return { context, server: `${origin}${pathname.replace(/\/+$/, '')}` };
}

/** What was read of a kubeconfig, and what it says now. */
interface Readings {
  /** The profile names the context: whichever is current does not matter. */
  readonly isFixedByProfile: boolean;
  /** As the worker read it first. */
  readonly first: NamedCluster;
  readonly inUse: NamedCluster;
  readonly now: NamedCluster | undefined;
  readonly currentContext: string;
}

/** What an operator should know of a kubeconfig that has changed. Pure. */
export function notesOf({
  isFixedByProfile,
  first,
  inUse,
  now,
  currentContext,
}: Readings): readonly string[] {
  const { context } = first;
  const isOther = !isFixedByProfile && currentContext !== '' && currentContext !== context;
  const address = now?.server ?? inUse.server;
  return [
    ...(isOther
      ? [
          `the current context of the kubeconfig is "${currentContext}" now; this worker stays with "${context}", as it was when it started: name one with kubernetes.context`,
        ]
      : []),
    ...(inUse.server === first.server
      ? []
      : [
          `context "${context}" leads to ${inUse.server}; it led to ${first.server} when this worker started`,
        ]),
    ...(address === inUse.server
      ? []
      : [
          `the kubeconfig leads context "${context}" to ${address} now; this worker stays with ${inUse.server} as long as that can be reached`,
        ]),
  ];
}
