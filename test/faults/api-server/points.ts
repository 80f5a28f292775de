import type { Match, SeenRequest } from '../../../sandbox/faults/index.ts';
import type { Deployed } from './behind-proxy.ts';

/** A request of a run at which a fault is done. */
export interface Point {
  /** The step and what it asks for. */
  readonly at: string;
  readonly match: Match;
  readonly deployed?: Deployed;
  readonly writes?: boolean;
  /** Parts of the worker that ask for this, each by itself. Default: 1. */
  readonly askers?: number;
  readonly watch?: boolean;
}

/** Without old ReplicaSets what is live is copied before it is replaced. */
const COPIED: Deployed = { spec: { revisionHistoryLimit: 0 }, request: { target: 'v0.1.0' } };
/** A rollout that takes three seconds, so that it is watched. */
export const SLOW: Deployed = { versions: ['v0.1.0-slow-ready', 'v0.2.0'] };

export const REVIEW: Point = {
  at: 'check-access (permissions)',
  match: { method: 'POST', path: /\/selfsubjectrulesreviews$/ },
};
export const WATCH: Point = {
  at: 'identify-versions (watch)',
  match: { method: 'GET', path: /\/deployments\?.*watch=1/ },
  watch: true,
};
export const HISTORY: Point = {
  at: 'identify-versions (history)',
  match: { method: 'GET', path: /\/replicasets\?/ },
};
export const EVIDENCE: Point = {
  at: 'identify-versions (evidence)',
  match: { method: 'GET', path: /-known-good$/ },
};
export const SNAPSHOT: Point = {
  at: 'take-snapshot (copy)',
  match: { method: 'POST', path: /\/configmaps$/ },
  deployed: COPIED,
  writes: true,
};
export const PATCH: Point = {
  at: 'roll-back (write)',
  match: { method: 'PATCH', path: /\/deployments\// },
  writes: true,
};
export const PODS: Point = {
  at: 'wait-for-rollout (pods)',
  match: { method: 'GET', path: /\/pods\?(?!.*watch=1)/ },
  // The proof that only pods of the target run, and the watch of pods that begins with a list.
  askers: 2,
};
export const POD_WATCH: Point = {
  at: 'wait-for-rollout (watch of pods)',
  match: { method: 'GET', path: /\/pods\?.*watch=1/ },
  deployed: SLOW,
  watch: true,
};
export const RECORD: Point = {
  at: 'record-known-good (write)',
  match: { method: 'POST', path: /\/configmaps$/ },
  writes: true,
};

export const KEPT: Point = {
  at: 'record-known-good (templates)',
  match: { method: 'GET', path: /\/podtemplates\?/ },
};
export const KEEP: Point = {
  at: 'record-known-good (template)',
  match: { method: 'POST', path: /\/podtemplates$/ },
  writes: true,
};

/** Every request that a run makes, in its order. */
export const POINTS: readonly Point[] = [
  REVIEW,
  WATCH,
  HISTORY,
  EVIDENCE,
  SNAPSHOT,
  PATCH,
  PODS,
  POD_WATCH,
  RECORD,
  KEPT,
  KEEP,
];

export function isAt({ match }: Point, { method, path }: SeenRequest): boolean {
  return method === match.method && match.path?.test(path) === true;
}
