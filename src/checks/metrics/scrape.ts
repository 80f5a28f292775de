import type { Instance } from '../../domain/versions/pins.ts';
import { addressOf, exchange, instanceAddress } from '../../http/exchange.ts';
import { parseExposition, totalOf } from './exposition.ts';
import type { MetricsSettings } from './settings.ts';

/** What one instance has counted since its process began. */
export interface Counters {
  readonly plansStarted: number;
  readonly plansFailed: number;
  readonly agentFailures: number;
  /** Sum and number of the measured task durations; sums are cumulative, quantiles are not (service contract, 6.3). */
  readonly taskSeconds: number;
  readonly tasks: number;
}

/** A good scrape of an instance, or why there is none. */
export type Scrape =
  | { readonly instance: Instance; readonly counters: Counters }
  | { readonly instance: Instance; readonly problem: string };

/** Families of the service (service contract, 6.2): one of them tells its listener from another's. */
const FAMILIES = /^(orchestrator_|agent_call_|http_requests_total_|load_tester_)/;

/** Scrapes one instance. The listener knows no authorisation, so no token is sent to it. */
export async function scrape(
  settings: MetricsSettings,
  instance: Instance,
  signal: AbortSignal,
): Promise<Scrape> {
  const outcome = await exchange({
    method: 'GET',
    url: addressOf(instanceAddress(instance.address, settings.port), settings.path),
    timeoutMs: settings.timeoutMs,
    signal,
  });
  if (outcome.kind === 'unanswered') return { instance, problem: outcome.problem };
  if (outcome.status !== 200) return { instance, problem: `HTTP ${outcome.status}` };
  const counters = readCounters(outcome.body, settings.names);
  return 'problem' in counters ? { instance, ...counters } : { instance, counters };
}

/**
 * The counters of an exposition. An absent counter is 0, because a metric appears with its first increment only
 * (service contract, 6.3), but only in a text that is complete and of this service.
 */
export function readCounters(
  text: string,
  names: MetricsSettings['names'],
): Counters | { readonly problem: string } {
  const exposition = parseExposition(text);
  if ('problem' in exposition) return exposition;
  const ours = (name: string) =>
    FAMILIES.test(name) || Object.values(names).some((family) => name.startsWith(family));
  if (exposition.samples.length > 0 && !exposition.samples.some(({ name }) => ours(name))) {
    return { problem: 'metrics of something else: wrong port?' };
  }
  const counters: Counters = {
    plansStarted: totalOf(exposition, names.planStarted) ?? 0,
    plansFailed: totalOf(exposition, names.planFailed) ?? 0,
    agentFailures: totalOf(exposition, names.agentFailures) ?? 0,
    taskSeconds: totalOf(exposition, `${names.taskDuration}_sum`) ?? 0,
    tasks: totalOf(exposition, `${names.taskDuration}_count`) ?? 0,
  };
  const counts = Object.values(counters).every((value) => Number.isFinite(value) && value >= 0);
  return counts ? counters : { problem: 'a counter is no number' };
}
