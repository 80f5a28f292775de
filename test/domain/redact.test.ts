import { describe, expect, it } from 'vitest';
import { holdsSecret, redact } from '../../src/domain/redact.ts';

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

  it('masks the same text once', () => {
    const once = redact('password=hunter22');
    expect(redact(once)).toBe(once);
  });
});
