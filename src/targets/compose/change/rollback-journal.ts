import type { ServiceState } from '../state/index.ts';
import type { RollbackJournal } from './change-parts.ts';

/**
 * The journal of a service as changes use it: it holds the last change, also when it has come to its end. A change that
 * another run has begun and left is replaced: whoever holds the lock has planned from what it left.
 */
export function rollbackJournalOf({ journal }: ServiceState): RollbackJournal {
  return {
    async begin(change, over) {
      await journal.begin(change, over);
    },
    async advance(id, phase, more) {
      await journal.advance(id, phase, more);
    },
    end: (id) => journal.end(id),
  };
}
