import { describe, expect, test } from 'vitest';
import { criticalSchema } from '../../../src/settings/index.ts';
import { createComposeTarget } from '../../../src/targets/compose/index.ts';
import { quietWith } from './texts.ts';
import { openWorld, problem, titled } from './world.ts';

/** The orchestrator's config with a provider that takes its key from a variable. */
const config = (provider: string, timeout: number) => `[llm]
default_provider = "${provider}"
[llm.openrouter]
api_key = "{{KEY}}"
base_url = "https://openrouter.ai/api/v1"
model_name = "anthropic/claude-3.5-sonnet"
[agents.default]
timeout_secs = ${timeout}
retry = {max_attempts = 2, initial_backoff_ms = 1000, max_backoff_ms = 8000}
circuit_breaker = {failure_threshold = 3, cooldown_ms = 90000}
`;

const LINES = `    env_file: app.env
    environment: {RUST_LOG: debug}
    volumes: ["./orchestrator.toml:/app/data/config.toml:ro", "./flags:/app/flags:ro"]
    configs: [{source: inline, target: /app/limits.yaml}]
    secrets: [{source: keys, target: keys.json}]
`;
const text = (image: string, tag: string) =>
  `${quietWith(LINES)(image, tag)}configs:\n  inline: {content: "chat: {most: 9}"}\nsecrets:\n  keys: {file: ./keys.txt}\n`;

describe.skipIf(problem)(titled('the config that a Compose service will have'), () => {
  const { host, service } = openWorld();

  test('is judged as the container will find it, after the files were replaced, by the rules of the orchestrator and of the profile', async () => {
    const files = {
      'app.env': 'KEY=sk-or-of-then\n',
      'orchestrator.toml': config('openrouter', 1),
      'flags/flags.yaml': 'beta: true\n',
      'keys.txt': '{"gateway": "replace_me", "other": "hunter2"}',
    };
    const one = await service(['v0.1.0'], { text, files });
    await one.prove();
    await host().images.publish('v0.2.0', { repository: one.repository.split('/')[1] ?? '' });
    await one.deploy('v0.2.0', {
      files: {
        'app.env': 'OTHER=1\n',
        'orchestrator.toml': config('none', 20),
        'flags/flags.yaml': 'beta: false\n',
      },
    });
    const rules = [
      { name: 'quiet', object: 'environment', setting: 'RUST_LOG', oneOf: ['warn'] },
      { name: 'beta', key: 'flags/*', setting: 'beta', oneOf: [true] },
      { name: 'limit', object: 'config/inline', setting: 'chat.most', number: { most: 5 }, on: 'ask' },
      { name: 'keys', object: 'secret/keys', setting: 'gateway', filled: 'as-written', on: 'warn' },
    ];
    const critical = criticalSchema.parse({ orchestrator: true, rules });
    const target = createComposeTarget(one.profile, { env: one.env, critical });
    const { plan, findings = [] } = await one.resolve({ kind: 'known-good' }, target);
    expect(plan.to.version).toBe('0.1.0');
    const told = findings.map(({ rule, object, key, path, on }) => [rule, object, key, path, on].join(' '));
    expect(told).toEqual([
      'agents-within-bounds file orchestrator.toml agents.default.timeout_secs block',
      'quiet environment  RUST_LOG block',
      'beta file flags/flags.yaml beta block',
      'limit config/inline /app/limits.yaml chat.most ask',
      'keys secret/keys /run/secrets/keys.json gateway warn',
    ]);
    expect(JSON.stringify(findings)).not.toMatch(/replace_me|hunter2|sk-or/);
    await target.close();
  });
});
