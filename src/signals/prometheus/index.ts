/** Signals from Prometheus. The one entrance to this folder, beside its settings. */
export { createPrometheusClient, type PrometheusClient, type QueryResult } from './client.ts';
export type { PrometheusQueries, QueriesOf } from './queries.ts';
export { reachPrometheus } from './reach.ts';
export type { PrometheusSettings } from './settings.ts';
export { createPrometheusSource } from './source.ts';
