import type { History } from './acts.ts';
import { BY_HAND } from './by-hand.ts';
import { DAEMON_SETS } from './daemon-sets.ts';
import { EVIDENCE } from './evidence.ts';
import { RELEASES } from './releases.ts';
import { STATEFUL_SETS } from './stateful-sets.ts';

/** Every history that is compared, in the order of the table. */
export const HISTORIES: readonly History[] = [
  ...RELEASES,
  ...BY_HAND,
  ...EVIDENCE,
  ...STATEFUL_SETS,
  ...DAEMON_SETS,
];
