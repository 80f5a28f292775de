import type { AgentPlay } from './agents.ts';
import type { ChatOutcome } from './chat.ts';

/** A raw answer that replaces what the endpoint would have said. */
export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** How one instance of the stand-in orchestrator behaves. Plain JSON: it travels through environment and IPC. */
export interface Behaviour {
  /** Code generation of the service contract: A has the legacy chat, B the cache and no row for the LLM agent. */
  readonly generation: 'A' | 'B';
  readonly start: {
    /** The program ends with this code after `exitAfterMs`. */
    readonly exitCode?: number;
    readonly exitAfterMs: number;
    /** `/health` answers 503 for this long after the start. */
    readonly readyAfterMs: number;
    /** False: nothing listens on that port. */
    readonly api: boolean;
    readonly metrics: boolean;
  };
  readonly health: {
    readonly status: string;
    readonly provider: string;
    readonly model: string;
    readonly delayMs: number;
    readonly reply?: Reply;
  };
  readonly chat: {
    readonly outcome: ChatOutcome;
    readonly correlation: 'echo' | 'other' | 'missing';
    readonly delayMs: number;
    /** Attempts per failing call: what `agent_call_failures_total` grows by. */
    readonly attempts: number;
    /** Every so many-th chat fails as `execution_failed` does, whatever the outcome of the others. */
    readonly failsEvery?: number;
    /** What a task that succeeds is measured to take, in seconds; without it about 0.8. Nothing waits for it. */
    readonly taskSeconds?: number;
    readonly reply?: Reply;
  };
  readonly agents: {
    /** Rows for successive requests, the last one for all later ones; without it the live table. */
    readonly responses?: readonly (readonly AgentPlay[])[];
    readonly failureThreshold: number;
    readonly cooldownMs: number;
    readonly reply?: Reply;
  };
  readonly metrics: {
    /** `plain` is what the service renders; the others are what a reader must cope with. */
    readonly form: 'plain' | 'help' | 'sorted' | 'histograms' | 'truncated';
    /** Added to the live counters, so that a pod looks as if it had served for a while. */
    readonly base: Readonly<Record<string, number>>;
    /** Added once per scrape: counters that grow while they are looked at. */
    readonly growth: Readonly<Record<string, number>>;
    /** Summaries that have counts but no sample within the last 60 s. */
    readonly idle: Readonly<Record<string, { readonly sum: number; readonly count: number }>>;
    /** All counters start again at the scrape of this number (from 1), as after a restart of the process. */
    readonly resetAtScrape?: number;
    readonly reply?: Reply;
  };
  /** Chats that users send meanwhile, one every so many milliseconds; 0 for none. */
  readonly trafficEveryMs: number;
}

type Section = 'start' | 'health' | 'chat' | 'agents' | 'metrics';

/** Differences from another behaviour. */
export type BehaviourChange = {
  /** Name of the behaviour that is changed; `good` without it. */
  readonly base?: string;
  readonly generation?: 'A' | 'B';
  readonly trafficEveryMs?: number;
  /** Names for the first, second, ... instance of a Deployment, round and round: instances that disagree. */
  readonly instances?: readonly string[];
} & { readonly [S in Section]?: Partial<Behaviour[S]> };

/** The behaviour that passes every check. */
export const GOOD: Behaviour = {
  generation: 'A',
  start: { exitAfterMs: 0, readyAfterMs: 0, api: true, metrics: true },
  health: { status: 'ok', provider: 'openrouter', model: 'anthropic/claude-3.5-sonnet', delayMs: 0 },
  chat: { outcome: 'success', correlation: 'echo', delayMs: 0, attempts: 5 },
  agents: { failureThreshold: 3, cooldownMs: 60_000 },
  metrics: { form: 'plain', base: {}, growth: {}, idle: {} },
  trafficEveryMs: 0,
};

/** `behaviour` with the differences applied, section by section. */
export function changed(behaviour: Behaviour, change: BehaviourChange): Behaviour {
  return {
    generation: change.generation ?? behaviour.generation,
    trafficEveryMs: change.trafficEveryMs ?? behaviour.trafficEveryMs,
    start: { ...behaviour.start, ...change.start },
    health: { ...behaviour.health, ...change.health },
    chat: { ...behaviour.chat, ...change.chat },
    agents: { ...behaviour.agents, ...change.agents },
    metrics: { ...behaviour.metrics, ...change.metrics },
  };
}
