import type { RunEvent } from '../people/events.ts';
import type { ResolvedRun } from '../request/request.ts';
import type { LedgerEntry } from './ledger.ts';

/**
 * The event of a step that was carried out with another profile than the one before it; nothing for a step that does not
 * say which one it had, as in older histories.
 * @param before the profile of the step before; default: the one that the run began with.
 */
export function profileChangeAt(
  { step, profile }: Pick<LedgerEntry, 'step' | 'profile'>,
  request: Pick<ResolvedRun, 'service' | 'profile'> | undefined,
  before: string | undefined = request?.profile,
): Omit<RunEvent, 'at'> | undefined {
  if (!request || profile === undefined || profile === before) return undefined;
  const summary = `from ${step} on the worker has another profile of ${request.service}: ${profile} instead of ${before}`;
  return { kind: 'profile-change', step, summary };
}
