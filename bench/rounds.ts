import { startRollback } from '../src/client/index.ts';
import type { Place } from './worker.ts';

/** One side of the comparison: rolls back once. */
export type Side = (round: number) => Promise<void>;

/** Both sides in turn, so that a slow moment of the machine meets both, and neither is always the first. */
export function sidesOf(round: number, one: Side, other: Side): readonly Side[] {
  return round % 2 === 0 ? [one, other] : [other, one];
}

/** One whole verified run of the runbook. @throws Error when it does not end well. */
export async function runRunbook({ client }: Pick<Place, 'client'>, taskQueue: string, workflowId: string) {
  const begun = performance.now();
  const handle = await startRollback(client, {}, { taskQueue, workflowId });
  const report = await handle.result();
  const ms = performance.now() - begun;
  if (report.outcome !== 'rolled-back') throw new Error(`${report.outcome}: ${report.summary}`);
  const { raw } = await handle.describe();
  return { ms, report, raw };
}
