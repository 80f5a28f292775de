import { expect, test } from 'vitest';
import { wordsOf } from '../../../src/signals/prometheus/words.ts';

test.each([
  ['dial tcp 10.2.3.4:9090: connect: connection refused', 'dial tcp (address): connect: connection refused'],
  ['lookup prom.example.com: no such host', 'lookup (address): no such host'],
  ['Post "https://me:secret@mimir.example/x?token=1": EOF', 'Post "(address)": EOF'],
  ['store thanos-0.thanos:10901 and [fd00::1]:10901 are gone', 'store (address) and (address) are gone'],
  // What only looks like one: positions, rules with colons, versions, selectors.
  ['1:5: parse error: unexpected "("', '1:5: parse error: unexpected "("'],
  ['job:error_rate:5m has no value', 'job:error_rate:5m has no value'],
  ['2.42.0: up{code=~"5.."}[5m]', '2.42.0: up{code=~"5.."}[5m]'],
  ['two\nlines \u202e\u001b[31m', 'two lines [31m'],
])('words of Prometheus: %j', (text, expected) => expect(wordsOf(text)).toBe(expected));

test.each([['a.'], ['['], [':'], ['x://'], ['1.'], ['lookup ']])(
  'a text of nothing but %j is read at once, and capped',
  (piece) => {
    const begun = performance.now();
    expect(wordsOf(piece.repeat(100_000)).length).toBeLessThanOrEqual(200);
    expect(performance.now() - begun).toBeLessThan(5_000);
  },
);
