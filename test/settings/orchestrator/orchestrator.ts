/** A config of the master orchestrator as it is shipped for production (service contract, 7.4 and 7.5), with a key. */
export const GOOD_CONFIG = `
[llm]
default_provider = "openrouter"

[llm.openrouter]
api_key = "{{OPENROUTER_API_KEY}}"
base_url = "https://openrouter.ai/api/v1"
model_name = "anthropic/claude-3.5-sonnet"

[llm.openai]
api_key = "replace_me"
model_name = "gpt-4.1"

[llm.ollama]
base_url = "http://localhost:11434"
model_name = "llama3"

[agents.default]
timeout_secs = 20
[agents.default.retry]
max_attempts = 2
initial_backoff_ms = 1000
max_backoff_ms = 8000
[agents.default.circuit_breaker]
failure_threshold = 3
cooldown_ms = 120000

[agents.llm_router_agent]
timeout_secs = 15
[agents.llm_router_agent.retry]
max_attempts = 2
initial_backoff_ms = 750
max_backoff_ms = 8000
[agents.llm_router_agent.circuit_breaker]
failure_threshold = 3
cooldown_ms = 90000
`;
