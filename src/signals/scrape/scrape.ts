import type { Instance } from '../../domain/versions/pins.ts';
import { addressOf, exchange, instanceAddress } from '../../http/exchange.ts';
import { type Counters, countersOf } from './counters.ts';
import { type Exposition, parseExposition } from './exposition.ts';
import type { MetricNames } from './metric-names.ts';

/** Where and how an instance is scraped. */
export interface ScrapeSettings {
  readonly port: number;
  readonly path: string;
  readonly timeoutMs: number;
  readonly names: MetricNames;
}

/** A good scrape of an instance, or why there is none: for people, without addresses. */
export type InstanceScrape =
  | { readonly instance: Instance; readonly exposition: Exposition }
  | { readonly instance: Instance; readonly problem: string };

/** What an instance has counted, or why that is not known. */
export type Scrape =
  | { readonly instance: Instance; readonly counters: Counters }
  | { readonly instance: Instance; readonly problem: string };

/** Families of the service (service contract, 6.2): one of them tells its listener from another's. */
const FAMILIES = /^(orchestrator_|agent_call_|http_requests_total_|load_tester_)/;

/** Scrapes one instance. The listener knows no authorisation, so no token is sent to it. */
export async function scrapeInstance(
  settings: ScrapeSettings,
  instance: Instance,
  signal: AbortSignal,
): Promise<InstanceScrape> {
  const outcome = await exchange({
    method: 'GET',
    url: addressOf(instanceAddress(instance.address, settings.port), settings.path),
    timeoutMs: settings.timeoutMs,
    signal,
  });
  if (outcome.kind === 'unanswered') return { instance, problem: outcome.problem };
  if (outcome.status !== 200) return { instance, problem: `HTTP ${outcome.status}` };
  const exposition = readExposition(outcome.body, settings.names);
  return 'problem' in exposition ? { instance, ...exposition } : { instance, exposition };
}

/** The counters of one instance. */
export async function scrape(
  settings: ScrapeSettings,
  instance: Instance,
  signal: AbortSignal,
): Promise<Scrape> {
  const found = await scrapeInstance(settings, instance, signal);
  if ('problem' in found) return found;
  const counters = countersOf(found.exposition, settings.names);
  return 'problem' in counters ? { instance, ...counters } : { instance, counters };
}

/** An exposition that is complete and of this service. */
export function readExposition(text: string, names: MetricNames): Exposition | { readonly problem: string } {
  const exposition = parseExposition(text);
  if ('problem' in exposition) return exposition;
  const ours = (name: string) =>
    FAMILIES.test(name) || Object.values(names).some((family) => name.startsWith(family));
  const isStrange = exposition.samples.length > 0 && !exposition.samples.some(({ name }) => ours(name));
  return isStrange ? { problem: 'metrics of something else: wrong port?' } : exposition;
}

/**
 * The counters of an exposition. An absent counter is 0, because a metric appears with its first increment only
 * (service contract, 6.3), but only in a text that is complete and of this service.
 */
export function readCounters(text: string, names: MetricNames): Counters | { readonly problem: string } {
  const exposition = readExposition(text, names);
  return 'problem' in exposition ? exposition : countersOf(exposition, names);
}
