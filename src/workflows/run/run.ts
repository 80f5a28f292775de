import type { Activities } from '../../activities/index.ts';
import type { KnownGoodEvidence } from '../../activities/record-known-good.ts';
import type { ErrorType } from '../../domain/errors.ts';
import type { RunOutcome } from '../../domain/ledger/ledger.ts';
import type { ResolvedRun } from '../../domain/request/request.ts';
import type { RecoveryOptions } from '../../domain/steps/recovery.ts';
import type { SnapshotReference } from '../../domain/versions/pins.ts';
import type { ShownPlan } from '../../domain/versions/plan.ts';
import type { ObservedService } from '../../domain/versions/versions.ts';
import type { Joined } from '../lock.ts';
import type { Approve } from '../people/approval.ts';
import type { Ask } from '../people/decisions.ts';
import type { Inbox } from '../people/inbox.ts';
import type { PausePoint } from '../people/pause-point.ts';
import type { RunLedger } from './step/ledger.ts';
import type { Step, ValueOf } from './step/steps.ts';

/** How a run ends: with an outcome and, when that is not a success, with an error of the catalogue. */
export interface Ending {
  readonly outcome: RunOutcome;
  readonly summary: string;
  readonly error?: { readonly type: ErrorType; readonly message: string };
  /** What is recorded beside the service while people are told. */
  readonly evidence?: KnownGoodEvidence;
  /** Nobody is told and no record is written: whoever asked has the answer. */
  readonly quiet?: boolean;
}

/** A run of a runbook: carries out steps, asks people, keeps the ledger, and shows where it stands. */
export interface Run {
  /**
   * Carries out one step. When it fails for good, people are asked what to do where its row says so.
   * @throws the step's error, or a `Redirection` when the answer is to go on elsewhere.
   */
  step<S extends Step>(step: S, ...args: Parameters<Activities[S]>): Promise<ValueOf<S>>;
  /** As `step`, for one that may be skipped. @returns undefined when somebody skipped it. */
  optional<S extends Step>(step: S, ...args: Parameters<Activities[S]>): Promise<ValueOf<S> | undefined>;
  /** As `step`, for one that must not stop the run: a failure stands in the ledger, and nobody is asked. */
  attempt<S extends Step>(step: S, ...args: Parameters<Activities[S]>): Promise<void>;
  readonly ask: Ask;
  readonly approval: Approve;
  readonly inbox: Inbox;
  readonly ledger: RunLedger;
  /** Takes the lock of the target for this run. @returns the other run, when this one has joined it. */
  lock(observed: ObservedService): Promise<Joined | undefined>;
  /** The lock that the change has to prove before it writes; none in a run that was not reset. */
  lockToProve(): string | undefined;
  /** Makes the resolved request known to report and search attributes. @returns what the report has of it. */
  adoptRequest(request: ResolvedRun): ResolvedRun;
  adoptPlan(plan: ShownPlan): void;
  /** What can still be offered to people who are asked. */
  recovery: RecoveryOptions;
  /** Stops a paused run: see `PausePoint`. */
  readonly pausePoint: PausePoint;
  /** What was live before the first change, where it was kept. */
  snapshot: SnapshotReference | undefined;
  /** Plans, by their hash, of which somebody has said that they are carried out all the same. */
  readonly consented: Set<string>;
  /** Versions that this run has seen to fail: recorded when it is over. */
  failures: readonly KnownGoodEvidence[];
  /** The plan whose change was begun last. */
  begun: ShownPlan | undefined;
}

/** The text of a run. */
export interface RunText {
  /** What is carried out, and how it ends. */
  readonly work: (run: Run) => Promise<Ending>;
  /** What is done for others when the end is fixed, except for a dry run and a quiet ending. */
  readonly close?: (run: Run, request: ResolvedRun, ending: Ending) => Promise<void>;
  readonly afterwards?: (run: Run) => Promise<void>;
}
