import { isCancellation } from '@temporalio/workflow';
import type { RunReport } from '../domain/ledger.ts';
import type { RollbackRequest } from '../domain/request.ts';
import { afterCancellation } from './after-cancellation.ts';
import { type Aim, nextAim } from './aim.ts';
import { attempt } from './attempt.ts';
import { startFollowThrough } from './follow-through-start.ts';
import { Redirection } from './redirection.ts';
import { carryOut } from './run.ts';

/**
 * Runbook 1 to 7: one service back to its known-good version, proved well, told and recorded.
 *
 * @param request everything may be missing when one service is configured.
 * @returns the report; it is also the answer of the query `report` and the source of the incident record.
 * @throws ApplicationFailure of the error catalogue, non-retryable, with the report in its details.
 */
export async function rollback(request: RollbackRequest = {}): Promise<RunReport> {
  return carryOut(
    'rollback',
    async (run) => {
      const resolved = await run.step('resolve-request', 'rollback', request);
      run.adoptRequest(resolved);
      let aim: Aim = { wish: resolved.wish, purpose: 'roll-back', tried: [] };
      for (;;) {
        try {
          return await attempt(run, aim);
        } catch (error) {
          if (isCancellation(error)) return afterCancellation(run, aim, error);
          if (!(error instanceof Redirection)) throw error;
          aim = nextAim(aim, error, run);
        }
      }
    },
    startFollowThrough,
  );
}
