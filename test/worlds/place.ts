import type { Sandbox } from '../../sandbox/index.ts';

/** Where a vitest worker keeps what its files share. */
export const PLACE = Symbol.for('rollback-runbook: worlds of this vitest worker');

/** What was opened so far, by its name. */
export interface Worlds {
  readonly opened: Map<string, Promise<Sandbox>>;
  /** Closes all of it. */
  close(): Promise<void>;
}
