import type { PreconditionFinding, PreconditionId } from '../../../domain/preconditions/preconditions.ts';
import { GRANT, type Unread } from './seen.ts';

/** A line of what was found of one precondition. */
export interface Note {
  readonly state: PreconditionFinding['state'];
  readonly says: string;
  readonly remedy?: string;
}

const WEIGHT: Readonly<Record<PreconditionFinding['state'], number>> = { 'not-met': 2, unknown: 1, met: 0 };

/**
 * One finding of several notes: the gravest decides, and all of its weight are told with the others behind. What was not read
 * makes unknown what would hold otherwise.
 * @param none what is said where there is no note.
 */
export function findingOf(
  id: PreconditionId,
  notes: readonly Note[],
  none: string,
  unread: readonly Unread[] = [],
): PreconditionFinding {
  const says = [...new Set(unread.map((one) => one.says))].join('; ');
  const unknown: readonly Note[] =
    says === ''
      ? []
      : [
          {
            state: 'unknown',
            says,
            ...(unread.some(({ isDenied }) => isDenied) ? { remedy: GRANT } : {}),
          },
        ];
  const all = [...notes, ...unknown].toSorted((a, b) => WEIGHT[b.state] - WEIGHT[a.state]);
  const [first] = all;
  if (!first) return { id, state: 'met', says: none };
  const remedy = all.find((note) => note.state === first.state && note.remedy)?.remedy;
  return {
    id,
    state: first.state,
    says: all.map((note) => note.says).join('; '),
    ...(remedy ? { remedy } : {}),
  };
}
