import { describe, expect, it } from 'vitest';
import { retryAfterMs } from '../../src/http/retry-after.ts';

const NOW = Date.parse('2026-01-01T00:00:00Z');

describe('how long a receiver asks to wait', () => {
  it.each([
    ['3', '', 3000],
    ['0', '', 0],
    ['Thu, 01 Jan 2026 00:00:30 GMT', '', 30_000],
    ['Wed, 31 Dec 2025 23:00:00 GMT', '', 0],
    ['86400', '', 300_000],
    ['soon', 'wait 4 s', 4000],
    [undefined, 'Rate limit exceeded. Try again in 59 seconds', 59_000],
    [undefined, 'Too many requests', undefined],
    [undefined, '', undefined],
  ])('header %j, body %j: %j ms', (header, body, expected) => {
    expect(retryAfterMs(header, body, NOW)).toBe(expected);
  });
});
