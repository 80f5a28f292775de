import { describe, expect, it } from 'vitest';
import { findingLines } from '../../../src/domain/versions/findings.ts';
import { judgeSettings } from '../../../src/settings/judge.ts';
import type { ContainerEnvironment } from '../../../src/settings/rules/environment.ts';
import { criticalSchema } from '../../../src/settings/rules/schema.ts';
import type { ReadFile } from '../../../src/settings/setting.ts';
import { environmentOf } from '../environment.ts';
import { configFile } from '../files.ts';
import { GOOD_CONFIG } from './orchestrator.ts';

const KEY = { OPENROUTER_API_KEY: null };
const AT = 'configmap/app-config';

/** `on: line` of every finding. */
const told = (
  files: readonly ReadFile[],
  environment: ContainerEnvironment = environmentOf(KEY),
  critical: unknown = {},
) => {
  const findings = judgeSettings(files, environment, criticalSchema.parse(critical));
  const lines = findingLines(findings);
  return findings.map(({ on }, index) => `${on}: ${lines[index]}`);
};

/** The good config with one text of it replaced. */
const changed = (from: string | RegExp, to: string) => {
  const text = GOOD_CONFIG.replace(from, to);
  expect(text).not.toBe(GOOD_CONFIG);
  return [configFile('config.toml', text)];
};

/** A finding about config.toml that blocks. */
const blocks = (words: string) => `block: ${AT} config.toml ${words}`;

describe('a config of the orchestrator', () => {
  it('that is right breaks no rule', () => {
    expect(told([configFile('config.toml', GOOD_CONFIG)])).toEqual([]);
  });

  it.each<[string, string | RegExp, string, readonly string[]]>([
    ['no default provider', /default_provider.*/, '', ['llm.default_provider is missing (llm-provider)']],
    [
      'an empty default provider',
      '= "openrouter"',
      '= " "',
      ['llm.default_provider is empty (it is " ") (llm-provider)'],
    ],
    [
      'a provider that is misspelt',
      '= "openrouter"',
      '= "openroutr"',
      [
        'llm.default_provider names a provider that has no section, did you mean openrouter? (it is "openroutr") (llm-provider)',
      ],
    ],
    [
      'a provider without a section',
      '= "openrouter"',
      '= "gemini"',
      ['llm.default_provider names a provider that has no section (it is "gemini") (llm-provider)'],
    ],
    [
      'a provider whose key is a placeholder',
      '= "openrouter"',
      '= "openai"',
      ['llm.openai.api_key is a placeholder (llm-provider)'],
    ],
    [
      'no model',
      'model_name = "anthropic/claude-3.5-sonnet"',
      '',
      ['llm.openrouter.model_name is missing (llm-provider)'],
    ],
    [
      'an empty model',
      '"anthropic/claude-3.5-sonnet"',
      '""',
      ['llm.openrouter.model_name is empty (llm-provider)'],
    ],
    [
      'no key',
      'api_key = "{{OPENROUTER_API_KEY}}"',
      '',
      ['llm.openrouter.api_key is missing (llm-provider)'],
    ],
    ['an empty key', '"{{OPENROUTER_API_KEY}}"', '""', ['llm.openrouter.api_key is empty (llm-provider)']],
    [
      'a key to be replaced',
      '"{{OPENROUTER_API_KEY}}"',
      '"changeme"',
      ['llm.openrouter.api_key is a placeholder (llm-provider)'],
    ],
    [
      'a key in brackets',
      '"{{OPENROUTER_API_KEY}}"',
      '"<your key>"',
      ['llm.openrouter.api_key is a placeholder (llm-provider)'],
    ],
    [
      'a key from a variable that is not there',
      'OPENROUTER_API_KEY',
      'OTHER_KEY',
      [
        'llm.openrouter.api_key needs the variable OTHER_KEY, which the container does not have (llm-provider)',
      ],
    ],
    [
      'the name of a variable that is not there',
      'api_key = "{{OPENROUTER_API_KEY}}"',
      'api_key_env = "OTHER_KEY"',
      [
        'llm.openrouter.api_key needs the variable OTHER_KEY, which the container does not have (llm-provider)',
      ],
    ],
    [
      'a key where its name belongs',
      'api_key = "{{OPENROUTER_API_KEY}}"',
      'api_key_env = "sk-canary-7f3d9a51c2e8"',
      ['llm.openrouter.api_key needs the variable, which the container does not have (llm-provider)'],
    ],
    ['no address', /base_url.*/, '', ['llm.openrouter.base_url is missing (llm-provider)']],
    [
      'an address that is none',
      'https://openrouter.ai/api/v1',
      'openrouter.ai',
      ['llm.openrouter.base_url is no http or https address (it is "openrouter.ai") (llm-provider)'],
    ],
    ['no time-out', 'timeout_secs = 20', '', ['agents.default.timeout_secs is missing (agents-complete)']],
    [
      'no circuit breaker',
      /\[agents\.default\.circuit_breaker\]\n.*\n.*\n/,
      '',
      [
        'agents.default.circuit_breaker.failure_threshold is missing (agents-complete)',
        'agents.default.circuit_breaker.cooldown_ms is missing (agents-complete)',
      ],
    ],
    [
      'no default agent',
      /agents\.default/g,
      'agents.git_agent',
      ['agents.default is missing (agents-complete)'],
    ],
    [
      'a time-out that is nothing',
      'timeout_secs = 20',
      'timeout_secs = 0',
      ['agents.default.timeout_secs is out of bounds, expected 5s to 1m (it is 0) (agents-within-bounds)'],
    ],
    [
      'a time-out of milliseconds',
      'timeout_secs = 15',
      'timeout_secs = 15000',
      [
        'agents.llm_router_agent.timeout_secs is out of bounds, expected 5s to 1m (it is 15000) (agents-within-bounds)',
      ],
    ],
    [
      'a time-out that is a text',
      'timeout_secs = 20',
      'timeout_secs = "20"',
      ['agents.default.timeout_secs is no whole number (it is "20") (agents-within-bounds)'],
    ],
    [
      'no attempt',
      'max_attempts = 2',
      'max_attempts = 0',
      [
        'agents.default.retry.max_attempts is out of bounds, expected 1 to 10 (it is 0) (agents-within-bounds)',
      ],
    ],
    [
      'a circuit that stays open for a day',
      'cooldown_ms = 120000',
      'cooldown_ms = 86400000',
      [
        'agents.default.circuit_breaker.cooldown_ms is out of bounds, expected 1s to 10m (it is 86400000) (agents-within-bounds)',
      ],
    ],
    [
      'a back-off that begins above its end',
      'initial_backoff_ms = 1000',
      'initial_backoff_ms = 9000',
      [
        'agents.default.retry.initial_backoff_ms is more than max_backoff_ms (it is 9000) (agents-within-bounds)',
      ],
    ],
    [
      'attempts that take too long together',
      'max_attempts = 2',
      'max_attempts = 8',
      [
        'agents.default.timeout_secs makes a chat of 199 s possible (8 attempts with their waits), expected at most 120 s (it is 20) (agents-within-bounds)',
      ],
    ],
    [
      'a placeholder elsewhere',
      '[llm.ollama]',
      '[redis]\nurl = "redis://{{REDIS_HOST}}"\n[llm.ollama]',
      [
        'redis.url needs the variable REDIS_HOST, which the container does not have (it is "redis://{{REDIS_HOST}}") (no-placeholders)',
      ],
    ],
    [
      'a variable that is left open',
      '[llm.ollama]',
      '[redis]\nurl = "{{{REDIS_URL}}}"\n[llm.ollama]',
      ['redis.url is an unresolved {{variable}} (it is "{{{REDIS_URL}}}") (no-placeholders)'],
    ],
  ])('with %s is told', (_, from, to, findings) => {
    expect(told(changed(from, to))).toEqual(findings.map(blocks));
  });

  it.each<[string, string | RegExp, string]>([
    ['a provider on the same machine, without a key', '= "openrouter"', '= "ollama"'],
    [
      'the name of a variable that holds the key',
      'api_key = "{{OPENROUTER_API_KEY}}"',
      'api_key_env = "OPENROUTER_API_KEY"',
    ],
    ['a key that is written there', '"{{OPENROUTER_API_KEY}}"', '"sk-or-v1-0123456789abcdef"'],
    ['another way to write variables', '{{OPENROUTER_API_KEY}}', '$' + '{OPENROUTER_API_KEY}'],
    ['no agents at all', /\[agents[\s\S]*/, ''],
    ['an empty text elsewhere', '[llm.ollama]', '[proxy]\nurl = ""\n[llm.ollama]'],
    ['providers in a section of their own', /\[llm\.(?=o)/g, '[llm.providers.'],
  ])('with %s is right too', (_, from, to) => {
    expect(told(changed(from, to))).toEqual([]);
  });

  it('that cannot be read blocks, and another file is told', () => {
    expect(told([configFile('config.toml', 'a = '), configFile('other.yaml', 'a: [')])).toEqual([
      blocks('cannot be read: not TOML (line 1, column 5) (config-readable)'),
      `warn: ${AT} other.yaml cannot be read: not YAML: BAD_INDENT (line 1, column 5) (config-readable)`,
    ]);
  });

  it('of another service is not judged by these rules', () => {
    const others = 'llm: {model: replace_me}\nagents: {default: {replicas: 0}}\nalert: "{{ $labels.job }}"';
    expect(
      told([configFile('values.yaml', others), configFile('greeting', '{{ name }}')], environmentOf()),
    ).toEqual([]);
  });

  it.each([
    ['is not there', environmentOf(), 'which the container does not have'],
    ['is empty', environmentOf({ OPENROUTER_API_KEY: ' ' }), 'which is empty'],
    ['is a placeholder', environmentOf({ OPENROUTER_API_KEY: 'replace_me' }), 'which is a placeholder'],
  ])('whose key %s in the environment is told', (_, environment, words) => {
    const file = configFile('config.toml', GOOD_CONFIG);
    expect(told([file], environment)).toEqual([
      blocks(`llm.openrouter.api_key needs the variable OPENROUTER_API_KEY, ${words} (llm-provider)`),
    ]);
  });

  it('is told at most where the environment is not wholly known', () => {
    const file = configFile('config.toml', GOOD_CONFIG);
    expect(told([file], { variables: new Map(), complete: false })).toEqual([
      `warn: ${AT} config.toml llm.openrouter.api_key needs the variable OPENROUTER_API_KEY, of which is not known whether the container has it (llm-provider)`,
    ]);
  });

  it('names its provider by a variable', () => {
    const files = changed('= "openrouter"', '= "{{PROVIDER}}"');
    expect(told(files, environmentOf({ ...KEY, PROVIDER: 'openrouter' }))).toEqual([]);
    expect(told(files, environmentOf({ ...KEY, PROVIDER: 'gemini' }))[0]).toMatch('no section');
    expect(told(files, environmentOf({ ...KEY, PROVIDER: null }))[0]).toMatch(
      'warn: configmap/app-config config.toml llm.default_provider names a provider that is not known here',
    );
  });
});

describe('an overlay', () => {
  const base = configFile('config.toml', GOOD_CONFIG);
  const overlay = (environment: string, text: string) => configFile(`config.${environment}.toml`, text);
  const withEnv = (APP_ENV: string) => environmentOf({ ...KEY, APP_ENV });

  it('replaces the section of a provider as a whole', () => {
    const prod = overlay('prod', '[llm.openrouter]\nmodel_name = "m"\nbase_url = "https://x"');
    expect(told([base, prod], withEnv('PROD'))).toEqual([
      `block: ${AT} config.prod.toml llm.openrouter.api_key is missing (llm-provider)`,
    ]);
    expect(told([base, prod], withEnv('staging'))).toEqual([]);
    // The image says which: there is one that it can be.
    expect(told([base, prod])).toHaveLength(1);
  });

  it('names another provider, unless what it names is empty', () => {
    expect(told([base, overlay('dev', 'llm.default_provider = ""')])).toEqual([]);
    expect(told([base, overlay('dev', 'llm.default_provider = "openai"')])).toEqual([
      blocks('llm.openai.api_key is a placeholder (llm-provider)'),
    ]);
  });

  it('says nothing with a zero, and has whole sections', () => {
    const agent = (secs: number) =>
      GOOD_CONFIG.slice(GOOD_CONFIG.indexOf('[agents.default]')).replace(
        'timeout_secs = 20',
        `timeout_secs = ${secs}`,
      );
    expect(told([base, overlay('dev', agent(0))])).toEqual([]);
    expect(told([base, overlay('dev', agent(2))])).toEqual([
      `block: ${AT} config.dev.toml agents.default.timeout_secs is out of bounds, expected 5s to 1m (it is 2) (agents-within-bounds)`,
    ]);
    const [first = ''] = told([base, overlay('dev', '[agents.default]\ntimeout_secs = 20')]);
    expect(first).toBe(
      `block: ${AT} config.dev.toml agents.default.retry.max_attempts is missing (agents-complete)`,
    );
  });

  it('may be any of several where nothing says which: it is told at most', () => {
    const files = [
      base,
      overlay('dev', 'llm.default_provider = "openai"'),
      overlay('prod', 'llm.default_provider = "x"'),
    ];
    const findings = told(files, { variables: environmentOf(KEY).variables, complete: false });
    expect(findings.map((line) => line.split(':')[0])).toEqual(['warn', 'warn']);
  });

  it('alone may have the rest of it in the image: it is told at most', () => {
    expect(told([overlay('dev', '[llm]\ndefault_provider = "gemini"')])).toEqual([
      `warn: ${AT} config.dev.toml llm.default_provider names a provider that has no section (it is "gemini") (llm-provider)`,
    ]);
  });

  it('lies beside its base', () => {
    const other = configFile(
      'config.toml',
      GOOD_CONFIG.replace('= "openrouter"', '= "ollama"'),
      'configmap/other',
    );
    const live = configFile('config.dev.toml', 'llm.default_provider = "gemini"', 'configmap/other');
    expect(told([base, other, live])).toEqual([
      'block: configmap/other config.dev.toml llm.default_provider names a provider that has no section (it is "gemini") (llm-provider)',
    ]);
  });
});

describe('a default rule', () => {
  const broken = changed('timeout_secs = 20', 'timeout_secs = 0');

  it.each(['warn', 'ask'])('has the consequence %s that the profile says', (on) => {
    const [line] = told(broken, environmentOf(KEY), { defaults: { 'agents-within-bounds': on } });
    expect(line).toMatch(new RegExp(`^${on}: `));
  });

  it('can be switched off', () => {
    expect(told(broken, environmentOf(KEY), { defaults: { 'agents-within-bounds': 'off' } })).toEqual([]);
    const unread = [configFile('config.toml', '=')];
    expect(told(unread, environmentOf(), { defaults: { 'config-readable': 'off' } })).toEqual([]);
  });
});
