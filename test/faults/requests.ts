import fc from 'fast-check';
import { CHECK_IDS } from '../../src/domain/proof/checks.ts';
import { anyJson, credential, extremeJson, hostileText } from './inputs.ts';

/** Fields of a request with values as they should be, for a worker whose services are `orchestrator` and `spare`. */
const GOOD: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  service: fc.constantFrom('orchestrator', 'spare'),
  environment: fc.constant('production'),
  reason: fc.constantFrom('', 'chat fails since 02:50', 'max_tokens: 8192 → 4096', 'Größe\nund Zeile'),
  requestedBy: fc.constantFrom('ann', 'Jürgen (SRE)'),
};
const OF_KIND: Readonly<Record<'rollback' | 'verify', Readonly<Record<string, fc.Arbitrary<unknown>>>>> = {
  rollback: {
    ...GOOD,
    target: fc.oneof(
      {
        weight: 6,
        arbitrary: fc.constantFrom(
          'known-good',
          'previous',
          '0.1.0',
          'v0.1.0',
          'revision:6',
          `sha256:${'a'.repeat(64)}`,
        ),
      },
      { weight: 1, arbitrary: hostileText },
    ),
    incident: fc.constantFrom('INC-1234', ''),
    symptoms: fc.array(fc.constantFrom('502s', 'no answer'), { maxLength: 21 }),
    mitigationsTried: fc.array(fc.constantFrom('restart'), { maxLength: 3 }),
    dryRun: fc.boolean(),
  },
  verify: {
    ...GOOD,
    accept: fc.subarray([...CHECK_IDS]),
  },
};

/** Requests as JSON texts: right ones, ones with a field or two that are wrong, and anything at all. */
export function requestsFor(kind: 'rollback' | 'verify'): fc.Arbitrary<string> {
  const fields = OF_KIND[kind];
  // Which one is meant must be said where there are two.
  const right = fc.record(fields, { requiredKeys: ['service'] });
  const wrongField = fc.record({
    name: fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom(...Object.keys(fields)) },
      hostileText,
      credential.map(({ text }) => text),
    ),
    value: fc.oneof(
      anyJson,
      hostileText,
      credential.map(({ text }) => text),
    ),
  });
  const spoiled = fc
    .tuple(right, fc.array(wrongField, { minLength: 1, maxLength: 3 }))
    .map(([request, wrong]) => ({
      ...request,
      // A computed key is an own one, `__proto__` too.
      ...Object.fromEntries(wrong.map(({ name, value }) => [name, value])),
    }));
  const text = (value: fc.Arbitrary<unknown>) => value.map((request) => JSON.stringify(request) ?? 'null');
  return fc.oneof(
    { weight: 6, arbitrary: text(right) },
    { weight: 6, arbitrary: text(spoiled) },
    { weight: 3, arbitrary: text(anyJson) },
    { weight: 1, arbitrary: extremeJson },
  );
}
