import type { Instant, Json } from '../../domain/json.ts';
import type { OwnPlans, Sample } from '../../domain/proof/checks.ts';
import type { Verdict } from '../../domain/proof/verdict.ts';

/** What a restarted check knows of its earlier attempt. */
export interface CheckProgress {
  readonly startedAt: Instant;
  /** When this was reported, and how long nobody had probed by then because a worker was down. */
  readonly at?: Instant;
  readonly downMs?: number;
  /** Probes begun. */
  readonly probes: number;
  readonly inARow: number;
  /** Probes in a row that found nothing to look at. */
  readonly idleInARow?: number;
  /** Probes that nobody answered. */
  readonly unreached?: number;
  /** What the last probe observed. */
  readonly last: string;
  /** The last probe that decided anything, and what is kept as evidence so far. */
  readonly decisive?: DecisiveProbe;
  readonly evidence?: readonly Sample[];
  /** True while a probe is under way: when it is still so after a restart, nobody knows how that probe ended. */
  readonly underWay?: boolean;
  /** Messages that reached the service, or may have, and what they account for. */
  readonly messages?: number;
  readonly ownPlans?: OwnPlans;
}

/** A probe that said passed or failed. */
export interface DecisiveProbe {
  readonly verdict: Extract<Verdict, 'passed' | 'failed'>;
  readonly observed: string;
  readonly values: { readonly [name: string]: Json };
}
