import type { NeedAssessment } from '../domain/need/assessment.ts';
import { impactOf } from '../domain/need/impact.ts';
import { judgeSignal } from '../domain/need/judge-signal.ts';
import type { NamedCluster } from '../domain/versions/cluster.ts';
import { signalsOf } from './assess-need.ts';
import type { Dependencies } from './dependencies.ts';
import { stepActivity } from './step.ts';

/** What a run knows by the time that it measures again. */
export interface ImpactInput {
  readonly before: NeedAssessment;
  /** When the rollout of the restored version was complete: what is older is of the bad one. */
  readonly completeAt: string;
}

/**
 * Runbook 7.1: the impact before and after. The same numbers as before the rollback, over the time since its rollout was complete.
 *
 * Reads: what `assess-need` reads, but for the past.
 * Writes: nothing; where chats are measured, the messages that the profile allows.
 * Result: each number before the release, before the rollback and after it.
 * Errors: `ClusterChanged`, `AccessDenied`; `Unreachable` is tried again. Nothing depends on it: a failure stands in the ledger.
 * Safe to retry: it only reads.
 */
export function measureImpact(deps: Dependencies) {
  return stepActivity(
    async ({ signal }, service: string, { before, completeAt }: ImpactInput, cluster?: NamedCluster) => {
      const signals = signalsOf(deps, service);
      const instances = await deps.service(service).target.instances({ signal, cluster });
      const from = Date.parse(completeAt);
      const to = Date.now();
      const read = await signals.read({ from, to, instances, signal, longestWindowMs: to - from });
      const { version } = before;
      const value = impactOf(
        before,
        read.map((one) => judgeSignal(one, { at: to, version })),
      );
      return { value, summary: value.sentence };
    },
  );
}
