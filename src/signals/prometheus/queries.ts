import type { SignalDefinition } from '../../domain/need/signals.ts';

/** What a signal is in PromQL. Each query gives one series: it says itself how several become one (sum, max, avg). */
export interface PrometheusQueries {
  /** The value over the window that ends at the time of evaluation. */
  readonly value: string;
  /** How many events stand behind it: `sum(increase(orchestrator_plan_started_total[5m]))`. */
  readonly samples?: string;
  /**
   * When anything of it was last scraped, in seconds since the epoch: `max(timestamp(orchestrator_plan_started_total))`.
   * Without it a value goes on for its window after the last scrape, as `rate` does.
   */
  readonly seen?: string;
}

/** The queries of a signal; none where it is not read from Prometheus. */
export type QueriesOf = (definition: SignalDefinition) => PrometheusQueries | undefined;
