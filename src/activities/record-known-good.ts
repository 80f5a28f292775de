import type { KnownGoodRecord } from '../domain/proof/known-good.ts';
import type { NamedCluster } from '../domain/versions/cluster.ts';
import type { Dependencies } from './dependencies.ts';
import { stepActivity } from './step.ts';

/** The evidence as the workflow has it; the ids of the run are added here. */
export type KnownGoodEvidence = Omit<KnownGoodRecord, 'workflowId' | 'runId'>;

/**
 * Runbook 2: makes a version known-good for the next time, or says that it is not.
 *
 * Reads: the evidence recorded before.
 * Writes: one entry of the ConfigMap beside the service; of a version that was proved its template, where the Deployment's own
 * history may lose it.
 * Result: where it is kept.
 * Errors: `AccessDenied`, `ClusterChanged`, `RecordFailed`; `Unreachable` is tried again.
 * Safe to retry: the entry is named by the version's fingerprint and overwritten with the same content; a template that is
 * kept already is left alone.
 */
export function recordKnownGood(deps: Dependencies) {
  return stepActivity(
    async (
      { signal, workflowId, runId },
      service: string,
      evidence: KnownGoodEvidence,
      cluster?: NamedCluster,
    ) => {
      const record: KnownGoodRecord = { ...evidence, workflowId, runId };
      const { warnings = [], ...value } = await deps
        .service(service)
        .target.recordKnownGood(record, { signal, cluster });
      const kept = `${record.version}: ${record.verdict}, kept in ${value.keptIn}`;
      return { value, summary: [kept, ...warnings].join('; ') };
    },
  );
}
