import type { JudgedSignal } from './assessment.ts';
import type { Against } from './judging/evidence.ts';
import { findSignal } from './judging/find-signal.ts';
import { signalSays } from './judging/signal-says.ts';
import type { ReadSignal, SignalReading } from './signals.ts';
import { instantOf, named } from './words.ts';

const MOST_NOTES = 3;
/** Of one note, in characters. */
const NOTE_LIMIT = 160;

/**
 * What a signal says of the current version (runbook 1): bad since it was live, bad before, normal, or not known. Nothing is taken
 * for normal, and nothing for its fault, that the values do not show (decision 30). Pure, and total: any numbers may come.
 */
export function judgeSignal({ definition, reading }: ReadSignal, against: Against): JudgedSignal {
  const { id, title, unit, windowMs, decides, suffices } = definition;
  const found = findSignal(definition, reading, against);
  const { state, now, samples, before, onset, isBad } = found;
  const { recorded } = against;
  return {
    id,
    title,
    unit,
    source: reading.source,
    windowMs,
    state,
    decides,
    ...(suffices === false ? { suffices } : {}),
    ...(state === 'unknown' && isBad ? { isBad } : {}),
    ...(now === undefined ? {} : { now }),
    ...(samples === undefined ? {} : { samples }),
    ...(before === undefined ? {} : { before }),
    ...(recorded !== undefined && Number.isFinite(recorded) ? { recorded } : {}),
    ...(onset === undefined ? {} : { onsetAt: instantOf(onset.by) }),
    says: signalSays(definition, found, against),
    ...notesOf(reading),
  };
}

/** It goes into workflow history: a few, and not long. */
function notesOf(reading: SignalReading): Pick<JudgedSignal, 'notes'> {
  const { notes = [] } = reading.kind === 'measured' ? reading : {};
  return notes.length === 0
    ? {}
    : { notes: notes.slice(0, MOST_NOTES).map((note) => named(note, NOTE_LIMIT)) };
}
