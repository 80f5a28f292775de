import type { ErrorType } from '../../domain/errors.ts';
import { changeOf, type RunReport } from '../../domain/ledger/ledger.ts';

/** Exit codes of the command line. docs/cli.md lists them. */
export const EXIT = {
  /** Rolled back (or verified, planned, already there) and proved, or handed over to the run that does it. */
  done: 0,
  /** An unexpected error: a bug, or a broken installation. */
  unexpected: 1,
  /** Wrong arguments, request or configuration. Nothing was read or changed. */
  usage: 2,
  /** The run ended before anything was changed. */
  notRolledBack: 3,
  /** Rolled back, and a required check fails. */
  notWell: 4,
  /** Rolled back, and a required check could not be decided. */
  notProved: 5,
  /** The change was begun and the rollout did not end well. */
  rolloutFailed: 6,
  /** Cancelled on request. */
  cancelled: 7,
  /** Temporal, a tool or the worker cannot be reached. */
  unavailable: 8,
  /** A run for the same service is under way. */
  busy: 9,
  /** The rollback did not help, and what ran before is back. */
  restored: 10,
  /** No worker took the run up in time, and nothing was changed. */
  expired: 11,
  /** What is measured does not say that it is the release, and nothing was changed. */
  notWarranted: 12,
  /** The command was interrupted; the run is not. */
  interrupted: 130,
} as const;

const BY_ERROR: Partial<Record<ErrorType, number>> = {
  InvalidRequest: EXIT.usage,
  StartRefused: EXIT.usage,
  StartExpired: EXIT.expired,
  NotWarranted: EXIT.notWarranted,
  InvalidConfig: EXIT.usage,
  VerificationFailed: EXIT.notWell,
  VerificationInconclusive: EXIT.notProved,
  RolloutFailed: EXIT.rolloutFailed,
  RolloutTimedOut: EXIT.rolloutFailed,
  RolloutHeld: EXIT.rolloutFailed,
  RollbackInProgress: EXIT.busy,
  ChangedBack: EXIT.notWell,
  NotWellAgain: EXIT.notWell,
};

/** The exit code that a finished run deserves. */
export function exitCodeOf(report: RunReport): number {
  if (report.outcome === 'cancelled') return EXIT.cancelled;
  if (report.outcome === 'restored') return EXIT.restored;
  if (report.outcome === 'not-warranted') return EXIT.notWarranted;
  if (report.outcome === 'running') return EXIT.unexpected;
  if (!report.error) return EXIT.done;
  const known = BY_ERROR[report.error.type as ErrorType];
  if (known !== undefined) return known;
  return changeOf(report) === 'none' ? EXIT.notRolledBack : EXIT.rolloutFailed;
}

/** An error that ends the command with a code of its own and one clear message. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly exitCode: number;

  constructor(exitCode: number, message: string) {
    super(message);
    this.exitCode = exitCode;
  }
}
