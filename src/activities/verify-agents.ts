import type { Dependencies } from './dependencies.ts';
import { verification } from './verification.ts';

/**
 * Runbook 6.3: agents are healthy, or degraded and not getting worse.
 *
 * Reads: GET /api/v1/agents, of every instance where a port is configured.
 * Writes: nothing.
 * Result: the verdict with its evidence; a failed or open verdict is a result, not an error.
 * Errors: `WorkloadChanged`. A missing secret or a silent network is an inconclusive look within the check's budget.
 * Safe to retry: it only reads. The budget goes on from the last heartbeat.
 */
export const verifyAgents = (deps: Dependencies) => verification(deps, 'agents');
