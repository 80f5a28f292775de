import type { JudgedSignal } from './assessment.ts';
import type { Against } from './evidence.ts';
import { findSignal } from './find-signal.ts';
import { signalSays } from './signal-says.ts';
import type { ReadSignal } from './signals.ts';
import { instantOf } from './words.ts';

/**
 * What a signal says of the current version (runbook 1): bad since it was live, bad before, normal, or not known. Nothing is taken
 * for normal, and nothing for its fault, that the values do not show (decision 30). Pure, and total: any numbers may come.
 */
export function judgeSignal({ definition, reading }: ReadSignal, against: Against): JudgedSignal {
  const { id, title, unit, windowMs, decides } = definition;
  const found = findSignal(definition, reading, against);
  const { state, now, samples, before, onset } = found;
  const { recorded } = against;
  return {
    id,
    title,
    unit,
    source: reading.source,
    windowMs,
    state,
    decides,
    ...(now === undefined ? {} : { now }),
    ...(samples === undefined ? {} : { samples }),
    ...(before === undefined ? {} : { before }),
    ...(recorded !== undefined && Number.isFinite(recorded) ? { recorded } : {}),
    ...(onset === undefined ? {} : { onsetAt: instantOf(onset.by) }),
    says: signalSays(definition, found, against),
  };
}
