import { preconditionKind } from '../precondition-kind.ts';
import { askAddress } from './call.ts';
import { askProgram } from './program.ts';
import { commandSettings } from './settings.ts';

/** Beyond the time-out of the gate itself: so long its processes may take to end, in ms. */
const ENDING_MS = 3000;

/**
 * Runbook 2: the older version can live with today's data, as far as a gate of the team's own can tell: a program of the
 * worker's host, or an HTTP call. Which one stands in the worker's file alone: whoever starts a run cannot choose it.
 *
 * Reads: what the gate says.
 * Writes: nothing; what the gate does is its own.
 */
export const command = preconditionKind({
  id: 'command',
  settings: commandSettings,
  about:
    "A gate of your own says that the older version can live with today's data: a program, or an HTTP call.",
  onByDefault: false,
  create: (settings, surroundings) => ({
    timeoutMs: settings.timeout + ENDING_MS,
    find: async (question) => [
      'run' in settings
        ? await askProgram(settings, question, surroundings)
        : await askAddress(settings, question, surroundings),
    ],
  }),
});
