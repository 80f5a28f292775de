import type { KnownGoodRecord } from '../../domain/proof/known-good.ts';
import { ORCHESTRATOR_SIGNAL_IDS, ORCHESTRATOR_SIGNALS, type OrchestratorSignalId } from './signals.ts';

/** What was recorded of each signal with the evidence of a version, by its id; only what is known. */
export function recordedSignals(
  checks: KnownGoodRecord['checks'],
): Readonly<Partial<Record<OrchestratorSignalId, number>>> {
  return Object.fromEntries(
    ORCHESTRATOR_SIGNAL_IDS.flatMap((id) => {
      const value = ORCHESTRATOR_SIGNALS[id].recorded?.(checks);
      return value === undefined ? [] : [[id, value]];
    }),
  );
}
