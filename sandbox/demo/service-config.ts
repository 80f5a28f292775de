import { CONFIG_FILE } from '../orchestrator/config-file.ts';
import type { Release } from './world.ts';

/** Where the orchestrator's config is in its container. */
export const CONFIG_FOLDER = `/${CONFIG_FILE.replace(/\/[^/]+$/, '')}`;

/** The variable that holds the provider's key, to which the config refers. */
export const KEY_VARIABLE = 'OPENROUTER_API_KEY';

const GOOD = { model: 'anthropic/claude-3.5-sonnet', timeout: 20 };
/** A larger model, which takes twelve seconds for an answer, and agents that give up before. */
const BAD = { model: 'anthropic/claude-3-opus', timeout: 5 };

/** What of its config changes with a release. */
const CHANGES: Readonly<Record<Release, typeof GOOD>> = {
  'v0.1.0': GOOD,
  'v0.1.0-slow-ready': GOOD,
  'v0.2.0': GOOD,
  'v0.2.1': BAD,
  'v0.2.2': GOOD,
};

/** The `config.toml` that a release is deployed with (service contract, 7.4). */
export function serviceConfig(release: Release): string {
  const { model, timeout } = CHANGES[release];
  return `# Read once, when the orchestrator starts.
[llm]
default_provider = "openrouter"

[llm.openrouter]
api_key = "{{${KEY_VARIABLE}}}"
base_url = "https://openrouter.ai/api/v1"
model_name = "${model}"

[agents.default]
timeout_secs = ${timeout}

[agents.default.retry]
max_attempts = 2
initial_backoff_ms = 1000
max_backoff_ms = 8000

[agents.default.circuit_breaker]
failure_threshold = 3
cooldown_ms = 90000
`;
}
