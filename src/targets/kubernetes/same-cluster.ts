import { RunbookError } from '../../domain/errors.ts';
import { mayBeSameCluster, type NamedCluster, nameOfCluster } from '../../domain/versions/cluster.ts';

/** A worker that was started with another context must not go on with a run on another cluster. */
export function assertSameCluster(meant: NamedCluster, own: NamedCluster): void {
  if (mayBeSameCluster(meant, own)) return;
  throw new RunbookError(
    'ClusterChanged',
    `the run is about another cluster (${nameOfCluster(meant)}) than the one that this worker has (${nameOfCluster(own)}); ` +
      `nothing was written: start the worker with kubernetes.context: ${meant.context}`,
  );
}
