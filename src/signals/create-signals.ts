import type { CheckSettings } from '../checks/catalogue.ts';
import { createAuthorise, type ResolveSecret } from '../checks/http/auth.ts';
import type { SignalDefinition } from '../domain/need/signals.ts';
import type { Auth } from '../domain/request/profile.ts';
import { createApiSource } from './http/source.ts';
import {
  ORCHESTRATOR_SIGNAL_IDS,
  ORCHESTRATOR_SIGNALS,
  type OrchestratorSignal,
} from './orchestrator/signals.ts';
import type { SignalsProfile } from './profile.ts';
import type { SignalQueries } from './promql/queries.ts';
import { type AskedSource, createSignalReader, type SignalReader } from './read-signals.ts';
import { createScrapeSource } from './scrape/source.ts';
import type { SignalSource } from './signal-source.ts';

/** What is needed of a service profile. */
export interface MeasuredService {
  readonly name: string;
  readonly endpoint: string;
  readonly auth: Auth;
  readonly checks: CheckSettings;
  readonly signals: SignalsProfile;
}

/** What reads the signals of a service; `prometheus` where one is configured. */
export function createSignals(
  service: MeasuredService,
  resolve: ResolveSecret,
  prometheus?: SignalSource,
): SignalReader {
  const { name, endpoint, auth, checks, signals } = service;
  const { definitions, prefer, deadlineMs, scrape, chat } = signals;
  const queries = queriesOf(signals);
  const known = new Map(definitions.map((definition) => [definition.id, definition]));
  const sources: AskedSource[] = [];
  if (prometheus) {
    const has = (id: string) => {
      const definition = known.get(id);
      return definition !== undefined && queries(definition) !== undefined;
    };
    sources.push({ id: 'prometheus', source: prometheus, has });
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
      authorise: createAuthorise(auth, resolve),
      ...(checks.agents
        ? { agents: { ...checks.agents, timeoutMs: Math.min(checks.agents.timeoutMs, deadlineMs) } }
        : {}),
      ...(checks.chat && chat
        ? { chat: { settings: { ...checks.chat, timeoutMs: chat.timeoutMs }, messages: chat.messages } }
        : {}),
    },
    asked,
  );
  sources.push({ id: 'http', source: api, has: (id) => asked(id) !== undefined });
  return createSignalReader({ definitions, sources, prefer, deadlineMs });
}

/** The PromQL of a signal; none for what is asked of the API itself. */
export function queriesOf({ names, selector, custom }: SignalsProfile) {
  return (definition: SignalDefinition): SignalQueries | undefined => {
    const { id, windowMs } = definition;
    return (
      rowOf(id)?.queries?.(names, { selector, windowMs }) ??
      (Object.hasOwn(custom, id) ? custom[id] : undefined)
    );
  };
}

function rowOf(id: string): OrchestratorSignal | undefined {
  const known = ORCHESTRATOR_SIGNAL_IDS.find((one) => one === id);
  return known && ORCHESTRATOR_SIGNALS[known];
}
