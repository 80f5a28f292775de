import type { Dependencies } from './dependencies.ts';
import { verification } from './verification.ts';

/**
 * Runbook 6.4: failures have stopped growing.
 *
 * Reads: /metrics of every pod.
 * Writes: nothing.
 * Result: the verdict with its evidence; a failed or open verdict is a result, not an error.
 * Errors: `WorkloadChanged`. A missing secret or a silent network is an inconclusive look within the check's budget.
 * Safe to retry: it only reads. The budget goes on from the last heartbeat.
 */
export const verifyMetrics = (deps: Dependencies) => verification(deps, 'metrics');
