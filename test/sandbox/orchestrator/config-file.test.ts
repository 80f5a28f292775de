import { describe, expect, it } from 'vitest';
import { serviceConfig } from '../../../sandbox/demo/service-config.ts';
import { GOOD } from '../../../sandbox/orchestrator/behaviour.ts';
import { configured } from '../../../sandbox/orchestrator/config-file.ts';
import { resolveBehaviour } from '../../../sandbox/orchestrator/index.ts';

const ENV = { OPENROUTER_API_KEY: 'sandbox-key' };
const good = serviceConfig('v0.1.0');
const without = (pattern: RegExp) => good.replace(pattern, '');

describe('the stand-in with a config.toml', () => {
  it('is well with the one of a good release', () => {
    expect(configured(GOOD, good, ENV)).toMatchObject({
      behaviour: {
        health: { provider: 'openrouter', model: 'anthropic/claude-3.5-sonnet' },
        chat: { outcome: 'success', attempts: 2 },
        agents: { failureThreshold: 3, cooldownMs: 90_000 },
      },
    });
  });

  it('keeps the faults of its image, whatever the config says', () => {
    const bad = resolveBehaviour('chat-output-null');
    expect(configured(bad, good, ENV)).toMatchObject({ behaviour: { chat: { outcome: 'output-null' } } });
  });

  it.each<[string, string, object]>([
    [
      'a model that takes longer than its agents wait',
      serviceConfig('v0.2.1'),
      { chat: { outcome: 'agent-fails' } },
    ],
    ['that model alone', good.replace('3.5-sonnet', '3-opus'), { chat: { outcome: 'success' } }],
    [
      'that time-out alone',
      good.replace('timeout_secs = 20', 'timeout_secs = 5'),
      { chat: { outcome: 'success' } },
    ],
    [
      'a model that nobody has',
      good.replace('3.5-sonnet', '3.5-sonet'),
      { chat: { outcome: 'output-error' } },
    ],
    [
      'a key that nobody has filled in',
      good.replace(/\{\{.*\}\}/, 'replace_me'),
      { chat: { outcome: 'output-error' } },
    ],
    [
      'a variable that is not set',
      good.replace('OPENROUTER', 'OTHER'),
      { chat: { outcome: 'output-error' } },
    ],
    [
      'a provider without a section',
      good.replace('default_provider = "openrouter"', 'default_provider = "gemini"'),
      { health: { provider: 'gemini', model: 'unknown' }, chat: { outcome: 'output-error' } },
    ],
    ['no agents: built-in values', without(/\[agents[\s\S]*/), { chat: { outcome: 'success', attempts: 3 } }],
  ])('with %s', (_what, text, behaviour) => {
    expect(configured(GOOD, text, ENV)).toMatchObject({ behaviour });
  });

  it.each([
    ['that is none', '[llm', 'cannot be read'],
    ['without a base address', without(/base_url.*\n/), 'no base_url'],
    ['with an empty key', good.replace(/\{\{.*\}\}/, ''), 'no key'],
  ])('does not start with one %s', (_what, text, why) => {
    expect(configured(GOOD, text, ENV)).toEqual({ fatal: expect.stringContaining(why) });
  });
});
