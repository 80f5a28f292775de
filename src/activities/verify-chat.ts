import type { Dependencies } from './dependencies.ts';
import { verification } from './verification.ts';

/**
 * Runbook 6.2: a user's question is really answered.
 *
 * Reads: the answer to a smoke message.
 * Writes: a few smoke messages, which the service stores.
 * Result: the verdict with its evidence; a failed or open verdict is a result, not an error.
 * Errors: `WorkloadChanged`. A missing secret or a silent network is an inconclusive look within the check's budget.
 * Safe to retry: the messages are few and carry a nonce; a repeated attempt sends other ones. The budget goes on from the last heartbeat.
 */
export const verifyChat = (deps: Dependencies) => verification(deps, 'chat');
