import { parse } from 'smol-toml';
import { type Behaviour, type BehaviourChange, changed } from './behaviour.ts';

/** Where the stand-in looks for its config, below the root of its container (service contract, 7.1). */
export const CONFIG_FILE = 'app/data/config.toml';

/** What a config makes of the stand-in, or why it does not start with it. */
export type Configured = { readonly behaviour: Behaviour } | { readonly fatal: string };

/** Models that the provider has, and how long each takes for an answer, in seconds. Of any other it knows nothing. */
const SECONDS: Readonly<Record<string, number>> = {
  'anthropic/claude-3.5-sonnet': 2,
  'anthropic/claude-3-opus': 12,
};
/** The orchestrator knows the models of these (service contract, 7.4). */
const PROVIDERS = ['openrouter', 'gemini', 'grok', 'openai', 'anthropic', 'ollama', 'lmstudio'];
const KEYLESS = ['ollama', 'lmstudio'];
/** Settings of an agent where the file has none (service contract, 7.5). */
const BUILT_IN = { timeoutSecs: 30, attempts: 3, threshold: 3, cooldownMs: 60_000 };

type Table = Readonly<Record<string, unknown>>;

/**
 * The behaviour of an image with a `config.toml`: provider and model as health tells them; chats that fail where the provider
 * has no such model or the key is none; agents that fail where the model takes longer than they wait for it. Nothing is
 * really waited for.
 * @param env fills placeholders; an unset variable stays in its braces (service contract, 7.2).
 */
export function configured(behaviour: Behaviour, text: string, env: NodeJS.ProcessEnv): Configured {
  let file: Table;
  try {
    file = parse(filled(text, env));
  } catch (error) {
    return { fatal: `config.toml cannot be read: ${(error as Error).message.split('\n')[0]}` };
  }
  const llm = tableIn(file, 'llm');
  const provider = String(llm.default_provider ?? '');
  const section = PROVIDERS.includes(provider) ? tableIn(llm, provider) : {};
  const key = String(section.api_key ?? '');
  // Any other provider is found wanting by the first chat alone (service contract, 1.2).
  if (provider === 'openrouter' && !(key && section.base_url)) {
    return { fatal: 'openrouter has no key or no base_url' };
  }
  const model = String(section.model_name ?? 'unknown');
  const isRefused = SECONDS[model] === undefined || (!KEYLESS.includes(provider) && isPlaceholder(key));
  const agent = agentOf(file);
  const isTooSlow = (SECONDS[model] ?? 0) > agent.timeoutSecs;
  const outcome = isRefused ? 'output-error' : isTooSlow ? 'agent-fails' : undefined;
  const change: BehaviourChange = {
    health: { provider, model },
    agents: { failureThreshold: agent.threshold, cooldownMs: agent.cooldownMs },
    chat: {
      attempts: agent.attempts,
      ...(outcome && behaviour.chat.outcome === 'success' ? { outcome } : {}),
    },
  };
  return { behaviour: changed(behaviour, change) };
}

function agentOf(file: Table): typeof BUILT_IN {
  const agents = tableIn(file, 'agents');
  const own = tableIn(agents, agents.llm_router_agent === undefined ? 'default' : 'llm_router_agent');
  const [retry, breaker] = [tableIn(own, 'retry'), tableIn(own, 'circuit_breaker')];
  const number = (value: unknown, otherwise: number) => (value === undefined ? otherwise : Number(value));
  return {
    timeoutSecs: number(own.timeout_secs, BUILT_IN.timeoutSecs),
    attempts: number(retry.max_attempts, BUILT_IN.attempts),
    threshold: number(breaker.failure_threshold, BUILT_IN.threshold),
    cooldownMs: number(breaker.cooldown_ms, BUILT_IN.cooldownMs),
  };
}

function filled(text: string, env: NodeJS.ProcessEnv): string {
  return text.replace(
    /\{\{(\w+)\}\}|\$\{(\w+)\}/g,
    (_, braces, dollar) => env[braces ?? dollar] ?? `{{{${braces ?? dollar}}}}`,
  );
}

function isPlaceholder(key: string): boolean {
  return key.trim() === '' || /\{\{|\$\{|^replace_/.test(key);
}

function tableIn(holder: Table, member: string): Table {
  const value = holder[member];
  return typeof value === 'object' && value !== null ? (value as Table) : {};
}
