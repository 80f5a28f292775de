import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createMasker } from '../../../src/domain/masking/mask-value.ts';
import { isSecretName } from '../../../src/domain/masking/secret-names.ts';

const { value, text } = createMasker();

describe('S5 a name', () => {
  it.each(
    (
      'password passwd DB_PASS db.pass PGPASSWORD MYSQL_PWD PG_PW passphrase PASSWORD_HASH JWT_SECRET secret SECRET_KEY_BASE ' +
      'VAULT_SECRET_ID clientSecret ORCH_API_TOKEN authToken GITHUB_TOKEN X-Auth-Token API_TOKENS token OPENROUTER_API_KEY ' +
      'apiKey APIKEY X-Api-Key AWS_SECRET_ACCESS_KEY ENCRYPTION_KEY signing-key PRIVATE_KEY SSH_KEYS OPENAI_KEY ' +
      'credentials DB_CREDS REDIS_AUTH auth authorization Proxy-Authorization SESSION_COOKIE SENTRY_DSN GITHUB_PAT ' +
      'COOKIE_SALT USER_PIN MNEMONIC AZURE_STORAGE_CONNECTIONSTRING HMAC_SIGNATURE vault/db-password'
    ).split(' '),
  )('%s is that of a secret', (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  it.each(
    (
      'RUST_LOG model_name base_url KEYCLOAK_URL MAX_TOKENS max_tokens TOKEN_LIMIT PRIMARY_KEY_COLUMN PRIMARY_KEY ' +
      'PARTITION_KEY PUBLIC_KEY CACHE_KEY_PREFIX KEYSPACE MONKEY KEYBOARD_LAYOUT tokenizer TOKENIZERS_PARALLELISM ' +
      'AUTH_MODE AUTH_URL OAUTH_ISSUER AUTHOR TOKEN_TTL TOKEN_URL PASSWORD_MIN PASSWORD_FILE secretName secretNamespace ' +
      'KEY_VAULT_URL PASS_THROUGH COMPASS BYPASS_CACHE key COOKIE_DOMAIN LLM_MODEL DATABASE_URL PINNED_VERSION SALTED ' +
      'PATTERN PATH SIGNAL_LEVEL CREDIT_LIMIT SPIN OPTIONS CLIENT_ID REQUEST_TIMEOUT SIGNATURE_ALGORITHM'
    ).split(' '),
  )('%s is that of none', (name) => {
    expect(isSecretName(name)).toBe(false);
  });
});

describe('S5 a value is shown', () => {
  it.each([
    ['RUST_LOG', 'info,orchestrator=debug,tower_http::trace=warn'],
    ['model_name', 'anthropic/claude-3.5-sonnet-20241022'],
    ['MODEL', 'Qwen2.5-72B-Instruct-AWQ'],
    ['MODEL', 'meta-llama/Llama-3.3-70B-Instruct-Turbo'],
    ['base_url', 'https://openrouter.ai/api/v1'],
    ['KEYCLOAK_URL', 'http://keycloak.auth.svc.cluster.local:8080/realms/phoenix-orch'],
    ['MAX_TOKENS', '8192'],
    ['TOKEN_LIMIT', '4096'],
    ['PRIMARY_KEY_COLUMN', 'tenant_id'],
    ['SOME', 'x86_64'],
    ['SOME', 'true'],
    ['SOME', 'two words, and a third'],
    ['SOME', 'a-rather-long-name-of-some-service-in-production'],
    ['REDIS_URL', 'redis://cache:6379/0'],
    ['INSTANCE', 'c7g.4xlarge'],
    ['REGION', 'eu-central-1'],
    ['JAVA_OPTS', '-Xmx512m -XX:+UseG1GC -Dspring.profiles.active=prod'],
    ['LD_LIBRARY_PATH', '/usr/local/cuda-12.4/lib64:/usr/lib/x86_64-linux-gnu'],
    ['WHEN', '2026-11-01T12:30:45Z'],
    ['GIT_SHA', '3f2a9d1e7b3365d1c3f0e2a64a58c0b5f2a9d1e7'],
    ['IMAGE', `registry.example/phoenix-orch@sha256:${'0a1b'.repeat(16)}`],
    ['CONFIG_MAP_NAME', 'orch-config-7f8d9c6b5'],
    ['AZURE_CLIENT_ID', '7d1c3f0e-2a64-4a58-9c0b-5f2a9d1e7b33'],
    ['FEATURES', '{"model_name":"gpt-4o-mini","max_tokens":4096,"stream":true}'],
    ['MAIL', 'noreply@alliance.example'],
    ['CRON', '*/5 * * * *'],
    ['LIST', 'kafka-0.kafka:9092,kafka-1.kafka:9092'],
  ])('%s=%s', (name, shown) => {
    expect(value(name, shown)).toBe(shown);
  });
});

describe('S5 a secret is masked by what it is', () => {
  /** By chance, and the same every time. */
  const chance = (seed: number, bytes: number) =>
    createHash('sha512').update(`${seed}`).digest().subarray(0, bytes);
  const hex = chance(0, 20).toString('hex');
  it.each([
    ['sk-proj-a1b2C3d4e5F6g7H8', 'sk-proj-a1b2C3d4e5F6g7H8'],
    ['ghp_abcdefghijklmnopqrstuvwxyz0123456789', 'ghp_abcdefghijklmnopqrstuvwxyz0123456789'],
    ['glpat-ABCdef123456ghijkl', 'ABCdef123456ghijkl'],
    ['hf_aBcDeFgHiJkLmNoPqRsTuVwXyZ', 'aBcDeFgHiJkLmNoPqRsTuVwXyZ'],
    ['AKIAIOSFODNN7EXAMPLE', 'IOSFODNN7'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl', 'eyJzdWIi'],
    ['-----BEGIN RSA PRIVATE KEY-----\nMIIEow\n-----END RSA PRIVATE KEY-----', 'MIIEow'],
    ['postgres://orch:hunter2@db:5432/orch', 'hunter2'],
    ['redis://:hunter2@cache/0', 'hunter2'],
    ['https://hunter2@git.example/x', 'hunter2'],
    ['orch:hunter2@tcp(db:3306)/orch', 'hunter2'],
    ['https://h.example/x?api_key=hunter2&a=b', 'hunter2'],
    ['https://blob.example/x?sv=2024&sig=hunter2%3D', 'hunter2'],
    ['Server=db;User Id=orch;Password=hunter2;Encrypt=true', 'hunter2'],
    ['DefaultEndpointsProtocol=https;AccountKey=hunter2==;EndpointSuffix=x', 'hunter2'],
    ['Endpoint=sb://h/;SharedAccessKey=hunter2', 'hunter2'],
    ['host=db user=orch password=hunter2 sslmode=require', 'hunter2'],
    ['{"model":"x","api_key":"hunter2"}', 'hunter2'],
    [String.raw`{\"api_key\":\"hunter2\"}`, 'hunter2'],
    ['{"model":"x","api_keys":["hunter1", "hunter2"]}', 'hunter'],
    ['passwords: [hunter1, hunter2]', 'hunter'],
    ['passwords: [hunter1, hunter2', 'hunter'],
    ['run --token hunter2 --port 80', 'hunter2'],
    ['Authorization: Token hunter2', 'hunter2'],
    ['https://discord.example/api/webhooks/1234567890/aB3dE5fG7hJ9kL1mN3pQ5rS7', 'aB3dE5fG7'],
    ['https://hooks.slack.com/services/T000/B000/XXXX', 'T000'],
    ['Tr0ub4dor', 'Tr0ub4dor'],
    ['kXbGqZwPm', 'kXbGqZwPm'],
    ['a1b2c3d4e5', 'a1b2c3d4e5'],
    ['7d1c3f0e-2a64-4a58-9c0b-5f2a9d1e7b33', '7d1c3f0e'],
    [hex, hex],
  ])('%s', (secret, part) => {
    expect(value('SOME', secret)).not.toContain(part);
    expect(value('SOME', secret)).toContain('•••');
  });

  it('made by chance, whatever its alphabet', () => {
    let shown = 0;
    for (let seed = 0; seed < 300; seed += 1) {
      for (const made of [
        chance(seed, 24).toString('base64'),
        chance(seed, 24).toString('base64url'),
        chance(seed, 16).toString('hex'),
      ]) {
        const masked = value('SOME', made);
        const rest = masked.replaceAll('•••', '');
        if (rest.length > made.length / 2) shown += 1;
      }
    }
    expect(shown).toBeLessThanOrEqual(3);
  });

  it('and what is beside it is shown', () => {
    expect(value('DATABASE_URL', 'postgres://orch:hunter2@db:5432/orch?sslmode=require')).toBe(
      'postgres://•••@db:5432/orch?sslmode=require',
    );
    expect(text('serve --port 80 --api-key hunter2 --model gpt-4o')).toBe(
      'serve --port 80 --api-key ••• --model gpt-4o',
    );
    expect(value('CONFIG', 'Server=db;Password=hunter2;Encrypt=true')).toBe(
      'Server=db;Password=•••;Encrypt=true',
    );
  });

  it('by what the profile names too', () => {
    const more = createMasker(['model_name', 'INTERNAL_*']);
    expect(more.value('MODEL_NAME', 'gpt-4o')).toBe('•••');
    expect(more.value('INTERNAL_HOST', 'h')).toBe('•••');
    expect(more.text('model_name=gpt-4o port=80')).toBe('model_name=••• port=80');
    expect(more.value('EXTERNAL_HOST', 'h')).toBe('h');
  });

  it('takes time in proportion over a long text that resembles much', () => {
    const long = (times: number) =>
      ['://', 'token', '-a', 'a1', 'token= '].map((piece) => piece.repeat(times * 2_000)).join('');
    const spent = (times: number) =>
      Math.min(
        ...[1, 2, 3].map(() => {
          const begun = performance.now();
          value('SOME', long(times));
          return performance.now() - begun;
        }),
      );
    // Four times the work for four times the text; with the square it would be sixteen.
    expect(spent(20)).toBeLessThan(10 * spent(5) + 20);
  });
});
