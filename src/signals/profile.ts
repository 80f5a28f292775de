import { resolve } from 'node:path';
import type { CheckSettings } from '../checks/catalogue.ts';
import type { SignalDefinition } from '../domain/need/signals.ts';
import { durationMs } from '../schema-parts/durations.ts';
import { definitionsOf, type GitSignalSettings } from './git/index.ts';
import { ORCHESTRATOR_SIGNAL_IDS, ORCHESTRATOR_SIGNALS } from './orchestrator/signals.ts';
import type { PrometheusQueries } from './prometheus/index.ts';
import type { Selector } from './promql/selector.ts';
import type { Preference } from './read-signals.ts';
import { METRIC_NAMES, type MetricNames } from './scrape/metric-names.ts';
import type { ScrapeSettings } from './scrape/scrape.ts';
import { SCRAPE_TIMEOUT, type SignalsEntry } from './settings.ts';

/** How the signals of one service are read, with every default filled in. */
export interface SignalsProfile {
  /** What is read, in the order in which people read it. */
  readonly definitions: readonly SignalDefinition[];
  readonly prefer: Preference;
  /** Within which each source answers, in ms. */
  readonly deadlineMs: number;
  /** How long before the version became live values are read, in ms. */
  readonly baselineMs: number;
  /** By how much clocks may differ, in ms. */
  readonly clockMs: number;
  readonly selector: Selector;
  readonly names: Required<MetricNames>;
  /** None: no instance is scraped. */
  readonly scrape?: ScrapeSettings;
  /** None: no chats are sent. */
  readonly chat?: { readonly messages: number; readonly timeoutMs: number };
  /** Clones and folders whose changes are counted. */
  readonly git: readonly GitSignalSettings[];
  /** The expressions of the profile's own signals, by id; `$window` stands in them for the window. */
  readonly custom: Readonly<Record<string, PrometheusQueries>>;
}

/**
 * The section with its defaults, of which some are those of the checks that ask the same.
 * @param folder which paths of clones and folders count from.
 */
export function signalsProfile(entry: SignalsEntry, checks: CheckSettings, folder: string): SignalsProfile {
  const git = entry.git.map((one) => ({
    ...one,
    ...(one.repository === undefined ? {} : { repository: resolve(folder, one.repository) }),
    ...(one.folder === undefined ? {} : { folder: resolve(folder, one.folder) }),
  }));
  const names = { ...METRIC_NAMES, ...checks.metrics?.names, ...entry.names };
  const { messages, timeout } = entry.chat;
  const asksChat = checks.chat !== undefined && messages > 0;
  return {
    definitions: [
      ...orchestratorDefinitions(entry, checks, asksChat),
      ...entry.custom.map(customDefinition),
      ...definitionsOf(git),
    ],
    git,
    prefer: entry.prefer,
    deadlineMs: entry.deadline,
    baselineMs: entry.baseline,
    clockMs: entry.clocks,
    selector: entry.selector,
    names,
    ...scrapeOf(entry, checks, names),
    ...(asksChat ? { chat: { messages, timeoutMs: Math.min(timeout, entry.deadline) } } : {}),
    custom: Object.fromEntries(
      entry.custom.map(({ id, query, samples }) => [
        id,
        { value: query, ...(samples === undefined ? {} : { samples }) },
      ]),
    ),
  };
}

/** Those that are on. What is asked of the API is asked as a check asks it: without that check, not at all. */
function orchestratorDefinitions(
  { orchestrator }: SignalsEntry,
  checks: CheckSettings,
  asksChat: boolean,
): readonly SignalDefinition[] {
  const isAsked = { chat: asksChat, agents: checks.agents !== undefined };
  return ORCHESTRATOR_SIGNAL_IDS.flatMap((id) => {
    const { definition, asked } = ORCHESTRATOR_SIGNALS[id];
    const wanted = orchestrator[id];
    if (wanted === false || (asked && !isAsked[asked])) return [];
    const { id: own, title, unit, worse, suffices } = definition;
    const told = suffices === false ? { suffices } : {};
    return [{ id: own, title, unit, worse, ...judgedBy(wanted), ...told }];
  });
}

type Custom = SignalsEntry['custom'][number];

function customDefinition(custom: Custom): SignalDefinition {
  const { id, title, unit, worse } = custom;
  return { id, title, unit, worse, ...judgedBy(custom) };
}

type Judged = Pick<Custom, 'window' | 'minSamples' | 'decides'> & {
  readonly [K in 'limit' | 'growth' | 'noise']?: number | undefined;
};

function judgedBy({ window, minSamples, limit, growth, noise, decides }: Judged) {
  return {
    windowMs: window,
    minSamples,
    ...(limit === undefined ? {} : { limit }),
    ...(growth === undefined ? {} : { growth }),
    ...(noise === undefined ? {} : { noise }),
    decides,
  };
}

function scrapeOf(
  { scrape }: SignalsEntry,
  { metrics }: CheckSettings,
  names: MetricNames,
): Pick<SignalsProfile, 'scrape'> {
  if (scrape === false || (scrape === undefined && !metrics)) return {};
  const { port = metrics?.port ?? 9000, path = metrics?.path ?? '/metrics' } = scrape ?? {};
  const timeout = scrape?.timeout ?? durationMs(SCRAPE_TIMEOUT);
  return { scrape: { port, path, timeoutMs: timeout, names } };
}
