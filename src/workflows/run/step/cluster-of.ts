import type { ResolvedRun } from '../../../domain/request/request.ts';
import type { NamedCluster } from '../../../domain/versions/cluster.ts';

/** The last argument of steps that compare which cluster the run is about; none in runs of before it was noted. */
export function clusterOf({ cluster }: ResolvedRun): [] | [NamedCluster] {
  return cluster ? [cluster] : [];
}
