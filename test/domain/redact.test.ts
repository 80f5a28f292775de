import { describe, expect, it } from 'vitest';
import { holdsSecret, oneLine, redact } from '../../src/domain/redact.ts';

describe('credentials in texts', () => {
  it.each([
    ['Authorization: Bearer abcdef0123456789', 'abcdef0123456789'],
    ['eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.c2lnbmF0dXJl', 'eyJzdWIi'],
    ['xoxb-1234567890-abcdefghij', '1234567890'],
    ['ghp_abcdefghijklmnopqrstuvwxyz0123456789', 'abcdefghij'],
    ['postgres://user:hunter2@db/x', 'hunter2'],
    ['https://hooks.slack.com/services/T000/B000/XXXX', 'T000'],
    ['password=hunter22', 'hunter22'],
    ['"api_key": "sk_live_1234567890"', '1234567890'],
    ['JWT_SECRET=abcd1234', 'abcd1234'],
    ['-----BEGIN EC PRIVATE KEY-----\nMHcCAQEE\n-----END EC PRIVATE KEY-----', 'MHcCAQEE'],
    ['-----BEGIN PRIVATE KEY-----\nMHcCAQEE', 'MHcCAQEE'],
    ['xai-abcdefgh12345678abcdefgh', 'abcdefgh12345678'],
    ['see hooks.slack.com/services/T000/B000/XXXX', 'T000'],
    ['redis://:hunter22@cache/0', 'hunter22'],
    ['secret: token: hunter22', 'hunter22'],
    ['token=abcd1234==', 'abcd1234'],
    ['accessToken: "abcdEFGH"', 'abcdEFGH'],
    ['AKIAIOSFODNN7EXAMPLE', 'IOSFODNN7'],
  ])('%j is masked', (text, secret) => {
    expect(redact(text)).not.toContain(secret);
    expect(holdsSecret(text)).toBe(true);
  });

  it.each([
    '3 of 3 good: status ok, openrouter / anthropic/claude-3.5-sonnet',
    '0.2.0 (revision 7) -> 0.1.0 (revision 6)',
    'deployment/master-orchestrator in namespace phoenix-orch',
    'correlation 7d1c3f0e-2a64-4a58-9c0b-5f2a9d1e7b33',
    `registry.example/phoenix-orch@sha256:${'a'.repeat(64)}`,
    'INC-1234: token expired for everybody',
  ])('%j stays as it is', (text) => {
    expect(redact(text)).toBe(text);
  });

  it.each([
    'LLM answers 400: max_tokens: 8192 is too large',
    'max_tokens=81920000',
    'token: expired',
    'password: forgotten',
    'Authorization: Required by the gateway',
    'token_count: 12345678',
    'secretName: orchestrator-secrets-2',
    'Basic authentication failed, Bearer authentication too',
    'ASIA-PACIFIC region',
    'sk-learn-pipeline and xai-grok-beta-model',
  ])('%j is honest text, which nobody is refused for', (text) => {
    expect(holdsSecret(text)).toBe(false);
  });

  it.each([
    'a-',
    'eyJ-',
    'Bearer ',
    'sk-',
    '-----BEGIN PRIVATE KEY-----',
    'a://b:',
    'token',
    'token:',
    'token = ',
    'secret-',
    'hooks.slack.com/services/',
  ])('%j many times over takes no longer than its length asks for', (part) => {
    const text = part.repeat(80_000 / part.length);
    const begun = performance.now();
    redact(text);
    holdsSecret(text);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  it('masks the same text once', () => {
    const once = redact('password=hunter22');
    expect(redact(once)).toBe(once);
  });
});

describe('a text from outside as one line', () => {
  it('has no line breaks, control characters and secrets, and says that it was cut', () => {
    expect(oneLine(' a\n\tb\u0007 c ', 20)).toBe('a b c');
    expect(oneLine('password=hunter22 is wrong', 40)).toBe('password=••• is wrong');
    expect(oneLine('x'.repeat(30), 20)).toBe(`${'x'.repeat(19)}…`);
  });

  it('leaves no half of a secret, wherever it would be cut', () => {
    const secret = 'ghp_abcdefghijklmnopqrstuvwxyz0123456789';
    for (let at = 0; at < 60; at += 1) {
      expect(oneLine(`${'x'.repeat(at)} ${secret}`, 50)).not.toContain('ghp_');
    }
    for (let at = 4060; at < 4100; at += 1) {
      const words = 'Bearer abcdef0123456789 '.repeat(300).slice(0, at);
      expect(oneLine(`${words} "redis://me:hunter22@cache"`, 4000)).not.toContain('hunter');
    }
  });

  it('is the same when it is made twice', () => {
    const once = oneLine(`model ${'m'.repeat(400)}`, 300);
    expect(once).toHaveLength(300);
    expect(oneLine(once, 300)).toBe(once);
  });

  it('does not read a huge text to its end', () => {
    const begun = performance.now();
    expect(oneLine('a-'.repeat(4_000_000), 200)).toHaveLength(200);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });
});

it('oneLine leaves no format character that makes a text read otherwise, no half character, and keeps emoji', () => {
  expect(oneLine('gpj.\u202eexe\u200b!', 60)).toBe('gpj. exe !');
  expect(oneLine('a\ud800b', 60)).toBe('a\ufffdb');
  expect(oneLine('👩\u200d🚒 on call', 60)).toBe('👩\u200d🚒 on call');
});
