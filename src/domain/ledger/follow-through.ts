import type { ResolvedRun } from '../request/request.ts';
import type { NamedCluster } from '../versions/cluster.ts';

/** What a watch waits for, and for how long. Durations in ms. */
export interface WatchInput {
  /** Which cluster is meant; none in runs of before that was noted. */
  readonly cluster?: NamedCluster;
  /** The workload and content that were proved well. */
  readonly uid: string;
  readonly fingerprint: string;
  readonly forMs: number;
  readonly everyMs: number;
  /** Bad probes in a row that count. */
  readonly failures: number;
}

/** How a watch ended. */
export type Watched =
  | { readonly end: 'well'; readonly probes: number }
  | {
      readonly end: 'changed';
      readonly probes: number;
      /** Whether it was a run of this runbook. */
      readonly ours: boolean;
      readonly version: string;
      /** What is there now, and who put it there. */
      readonly summary: string;
    }
  | { readonly end: 'unwell'; readonly probes: number; readonly summary: string };

/** What a finished rollback hands over to the run that follows it through. */
export interface FollowThroughInput {
  readonly request: ResolvedRun;
  readonly rollback: { readonly workflowId: string; readonly runId: string };
  readonly version: string;
  readonly uid: string;
  readonly fingerprint: string;
}

/** Whether an input is what a rollback hands over: anybody may start a workflow of this type with anything. */
export function isFollowThroughInput(input: unknown): input is FollowThroughInput {
  const given = (input ?? {}) as Partial<Record<keyof FollowThroughInput, unknown>>;
  const { request, rollback } = given as {
    request?: Partial<ResolvedRun>;
    rollback?: { workflowId?: unknown };
  };
  return (
    typeof request?.service === 'string' &&
    Array.isArray(request.notifiers) &&
    Array.isArray(request.symptoms) &&
    isPolicy(request.policy) &&
    typeof rollback?.workflowId === 'string' &&
    [given.version, given.uid, given.fingerprint].every((text) => typeof text === 'string')
  );
}

/** As far as a run reads it without checking. */
function isPolicy(policy: unknown): boolean {
  if (policy === undefined) return true;
  const given = (policy ?? {}) as { decisions?: { steps?: unknown } | null; followThrough?: unknown };
  return [given.decisions, given.decisions?.steps, given.followThrough].every(
    (part) => typeof part === 'object' && part !== null,
  );
}
