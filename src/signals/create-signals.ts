import type { CheckSettings } from '../checks/catalogue.ts';
import { createAuthorise } from '../checks/http/auth.ts';
import type { Auth } from '../domain/request/profile.ts';
import type { SecretResolver } from '../secrets/index.ts';
import { createGitSource } from './git/index.ts';
import { createApiSource } from './http/source.ts';
import {
  ORCHESTRATOR_SIGNAL_IDS,
  ORCHESTRATOR_SIGNALS,
  type OrchestratorSignal,
} from './orchestrator/signals.ts';
import type { SignalsProfile } from './profile.ts';
import {
  createPrometheusSource,
  type PrometheusQueries,
  type PrometheusSettings,
  type QueriesOf,
} from './prometheus/index.ts';
import { promDuration } from './promql/queries.ts';
import { type AskedSource, createSignalReader, type SignalReader } from './read-signals.ts';
import { createScrapeSource } from './scrape/source.ts';

/** What is needed of a service profile. */
export interface MeasuredService {
  readonly name: string;
  readonly endpoint: string;
  readonly auth: Auth;
  readonly checks: CheckSettings;
  readonly signals: SignalsProfile;
  readonly prometheus?: PrometheusSettings;
}

/** So much of the deadline is left to tell what git could not. In ms. */
const GIT_MARGIN_MS = 100;

/**
 * What reads the signals of a service. Nothing is opened before it is asked.
 * @param env of the worker: where git is.
 */
export function createSignals(
  service: MeasuredService,
  secrets: SecretResolver,
  env: Readonly<Record<string, string | undefined>>,
): SignalReader {
  const { name, endpoint, auth, checks, signals, prometheus } = service;
  const { definitions, prefer, deadlineMs, scrape, chat } = signals;
  const sources: AskedSource[] = [];
  if (prometheus) {
    const queries = queriesOf(signals);
    const known = new Set(definitions.flatMap((definition) => (queries(definition) ? [definition.id] : [])));
    const source = createPrometheusSource(prometheus, secrets, queries);
    sources.push({ id: 'prometheus', source, has: (id) => known.has(id) });
  }
  if (scrape) {
    const source = createScrapeSource(scrape, (id) => rowOf(id)?.measure?.(signals.names));
    sources.push({ id: 'scrape', source, has: (id) => rowOf(id)?.measure !== undefined });
  }
  const asked = (id: string) => rowOf(id)?.asked;
  const api = createApiSource(
    {
      name,
      endpoint,
      authorise: createAuthorise(auth, (reference, signal) => secrets.resolve(reference, signal)),
      ...(checks.agents
        ? { agents: { ...checks.agents, timeoutMs: Math.min(checks.agents.timeoutMs, deadlineMs) } }
        : {}),
      ...(checks.chat && chat
        ? { chat: { settings: { ...checks.chat, timeoutMs: chat.timeoutMs }, messages: chat.messages } }
        : {}),
    },
    asked,
  );
  const { git } = signals;
  if (git.length > 0) {
    const source = createGitSource(git, {
      env,
      timeoutMs: Math.max(GIT_MARGIN_MS, deadlineMs - GIT_MARGIN_MS),
    });
    sources.push({ id: 'git', source, has: (id) => git.some((one) => one.id === id) });
  }
  sources.push({ id: 'http', source: api, has: (id) => asked(id) !== undefined });
  return createSignalReader({ definitions, sources, prefer, deadlineMs });
}

/** The PromQL of a signal; none for what is asked of the API itself. */
export function queriesOf({ names, selector, custom, definitions }: SignalsProfile): QueriesOf {
  const windows = new Map(definitions.map(({ id, windowMs }) => [id, windowMs]));
  return ({ id, windowMs }) => {
    const found = Object.hasOwn(custom, id) ? custom[id] : undefined;
    // Of a shorter time it says nothing: its window stands in its text.
    const isFixed = found !== undefined && !found.value.includes('$window');
    const own = isFixed && windowMs < (windows.get(id) ?? windowMs) ? undefined : found;
    return rowOf(id)?.queries?.(names, { selector, windowMs }) ?? (own && withWindow(own, windowMs));
  };
}

function withWindow({ value, samples }: PrometheusQueries, windowMs: number): PrometheusQueries {
  const over = (query: string) => query.replaceAll('$window', promDuration(windowMs));
  return { value: over(value), ...(samples === undefined ? {} : { samples: over(samples) }) };
}

function rowOf(id: string): OrchestratorSignal | undefined {
  const known = ORCHESTRATOR_SIGNAL_IDS.find((one) => one === id);
  return known && ORCHESTRATOR_SIGNALS[known];
}
