import type { PreconditionFinding } from '../../domain/preconditions/preconditions.ts';
import { preconditionKind } from '../precondition-kind.ts';
import { freezeSettings } from './settings.ts';
import { openAt } from './windows.ts';

/**
 * Runbook 2: no change freeze. A freeze is for releases; whether it stops a rollback is the profile's, and by default it is
 * told.
 *
 * Reads: the clock.
 * Writes: nothing.
 */
export const freeze = preconditionKind({
  id: 'freeze',
  settings: freezeSettings,
  about: 'No change freeze. It is for releases: whether it stops a rollback is yours, by default it is told.',
  onByDefault: false,
  create: ({ freezes }, { now }) => ({
    timeoutMs: 5000,
    async find(): Promise<readonly PreconditionFinding[]> {
      const at = now();
      const open = freezes.flatMap((window) => openAt(window, at) ?? []);
      if (open.length === 0) {
        const count =
          freezes.length === 1 ? 'the window is not open' : `none of ${freezes.length} windows is open`;
        return [{ id: 'freeze', state: 'met', says: count }];
      }
      return open.map(({ name, untilShown }) => ({
        id: 'freeze',
        state: 'not-met',
        says: `"${name}" lasts until ${untilShown}`,
        remedy: 'wait for its end',
      }));
    },
  }),
});
