import { defaultPayloadConverter, type Payload } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { parseRollbackRequest } from '../../src/activities/request-schema.ts';
import { unreadableProblem } from '../../src/domain/request/unreadable-input.ts';
import { payloadConverter } from '../../src/workflows/payload-converter.ts';

const utf8 = (text: string) => new TextEncoder().encode(text);
const payload = (encoding: string, data?: string): Payload => ({
  metadata: { encoding: utf8(encoding) },
  ...(data === undefined ? {} : { data: utf8(data) }),
});
const asInput = (input: Payload) =>
  payloadConverter.fromPayload<unknown>(input, { type: 'workflow', namespace: 'default', workflowId: 'w' });

describe('an input that cannot be read is handed over as one, and refused as a request', () => {
  it.each<[string, Payload, string]>([
    ['no JSON', payload('json/plain', '{"a":'), 'not JSON (json/plain)'],
    ['JSON without data', payload('json/plain'), 'not JSON (json/plain)'],
    ['an encoding of another world', payload('binary/encrypted', 'x'), 'not JSON (binary/encrypted)'],
    ['a protobuf message', payload('json/protobuf', '{}'), 'not JSON (json/protobuf)'],
    ['an encoding that is none', payload('\u001b[31m', '{}'), 'not JSON, and without a known encoding'],
    ['no encoding', { metadata: {}, data: utf8('{}') }, 'not JSON, and without a known encoding'],
    ['no metadata', { data: utf8('{}') }, 'not JSON, and without a known encoding'],
    ['bytes', payload('binary/plain', '{}'), 'binary data, not JSON'],
    ['a large text', payload('json/plain', `"${'x'.repeat(256 * 1024)}"`), 'larger than 256 KiB'],
    [
      'a deep list',
      payload('json/plain', `${'['.repeat(9000)}${']'.repeat(9000)}`),
      'nested deeper than 32 levels',
    ],
  ])('%s', (_title, input, problem) => {
    const value = asInput(input);
    expect(unreadableProblem(value)).toBe(problem);
    // On its way to the first step it is JSON.
    const arrived = JSON.parse(JSON.stringify(value));
    expect(() => parseRollbackRequest(arrived)).toThrow(`the request is wrong: request: ${problem}`);
  });
});

it('reads what can be read as ever', () => {
  for (const value of [undefined, null, {}, { dryRun: true }, [1, 'a'], 'text']) {
    expect(asInput(defaultPayloadConverter.toPayload(value))).toEqual(value);
  }
});

it('leaves the result of an activity that cannot be read to a worker that can', () => {
  const context = { type: 'activity', namespace: 'default', isLocal: false } as const;
  expect(() => payloadConverter.fromPayload(payload('binary/encrypted', 'x'), context)).toThrow(
    'Unknown encoding',
  );
});
