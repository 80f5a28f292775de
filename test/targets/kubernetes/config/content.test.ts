import { describe, expect, it } from 'vitest';
import {
  type ConfigObject,
  contentChangedAt,
  contentHash,
  sealedContentHash,
} from '../../../../src/targets/kubernetes/config/content.ts';

describe('contentHash', () => {
  const hash = contentHash({ data: { a: '1', b: '2' } });

  it.each<[string, Parameters<typeof contentHash>[0]]>([
    ['the order of keys', { data: { b: '2', a: '1' } }],
    ['an empty binaryData', { data: { a: '1', b: '2' }, binaryData: {} }],
  ])('does not change with %s', (_what, content) => {
    expect(contentHash(content)).toBe(hash);
  });

  it.each<[string, Parameters<typeof contentHash>[0]]>([
    ['another value', { data: { a: '1', b: '3' } }],
    ['another key', { data: { a: '1', c: '2' } }],
    ['a value that stands in binaryData', { data: { a: '1' }, binaryData: { b: '2' } }],
    ['a border between values that moved', { data: { a: '12', b: '' } }],
    ['a key less', { data: { a: '1' } }],
    ['white space', { data: { a: '1', b: '2\n' } }],
  ])('changes with %s', (_what, content) => {
    expect(contentHash(content)).not.toBe(hash);
  });

  it('of a Secret is another with another key, and never that of a ConfigMap', () => {
    const content = { data: { password: 'aHVudGVyMg==' } };
    expect(sealedContentHash(content, 'k1')).toBe(sealedContentHash(content, 'k1'));
    expect(sealedContentHash(content, 'k1')).not.toBe(sealedContentHash(content, 'k2'));
    expect(sealedContentHash(content, 'k1')).not.toBe(contentHash(content));
  });
});

describe('contentChangedAt', () => {
  const at = (metadata: Partial<ConfigObject['metadata']>, immutable = false) =>
    contentChangedAt({
      metadata: { name: 'c', uid: 'u', creationTimestamp: '2026-11-01T00:00:00Z', ...metadata },
      immutable,
    });
  const entry = (time: string | undefined, ...fields: string[]) => ({
    manager: 'kubectl',
    ...(time ? { time } : {}),
    fieldsV1: Object.fromEntries(fields.map((field) => [field, {}])),
  });
  const LATER = '2026-11-02T03:00:00Z';

  it.each<[string, Partial<ConfigObject['metadata']>, string]>([
    ['a manager of data', { managedFields: [entry(LATER, 'f:data')] }, LATER],
    ['a manager of binaryData', { managedFields: [entry(LATER, 'f:binaryData')] }, LATER],
    [
      'the latest of several',
      { managedFields: [entry('2026-11-02T01:00:00Z', 'f:data'), entry(LATER, 'f:data')] },
      LATER,
    ],
    [
      'content alone, and not labels',
      { managedFields: [entry(LATER, 'f:data'), entry('2026-11-03T00:00:00Z', 'f:metadata')] },
      LATER,
    ],
  ])('is that of %s', (_what, metadata, expected) => {
    expect(at(metadata)).toBe(Date.parse(expected));
  });

  it('is the creation of what cannot be changed', () => {
    expect(at({}, true)).toBe(Date.parse('2026-11-01T00:00:00Z'));
  });

  it.each<[string, Partial<ConfigObject['metadata']>]>([
    ['nothing notes it', {}],
    ['a manager has no time', { managedFields: [entry(undefined, 'f:data')] }],
    ['managers of labels alone are noted', { managedFields: [entry(LATER, 'f:metadata')] }],
  ])('is not known where %s', (_what, metadata) => {
    expect(at(metadata)).toBeUndefined();
  });
});
