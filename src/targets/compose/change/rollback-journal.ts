import type { ServiceState } from '../state/index.ts';
import type { RollbackJournal } from './change-parts.ts';

/**
 * The journal of a service as changes use it: it holds the last change, also when it has come to its end. A change that
 * another run has begun and left is replaced: whoever holds the lock has planned from what it left.
 */
export function rollbackJournalOf({ journal }: ServiceState): RollbackJournal {
  return {
    read: async () => (await journal.read()).change,
    async begin(change) {
      const { change: found } = await journal.read();
      if (found && found.id !== change.id) await journal.end(found.id);
      await journal.begin(change);
    },
    async advance(id, phase, more) {
      await journal.advance(id, phase, more);
    },
    end: (id) => journal.end(id),
  };
}
