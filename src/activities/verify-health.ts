import type { Dependencies } from './dependencies.ts';
import { verification } from './verification.ts';

/**
 * Runbook 6.1: the process is up, and talks to the provider and model that the known-good version had.
 *
 * Reads: GET /health of the service.
 * Writes: nothing.
 * Result: the verdict with its evidence; a failed or open verdict is a result, not an error.
 * Errors: `WorkloadChanged`. A missing secret or a silent network is an inconclusive look within the check's budget.
 * Safe to retry: it only reads. The budget goes on from the last heartbeat.
 */
export const verifyHealth = (deps: Dependencies) => verification(deps, 'health');
