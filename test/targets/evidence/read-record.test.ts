import { describe, expect, it } from 'vitest';
import type { KnownGoodRecord, WorkloadIdentity } from '../../../src/domain/proof/known-good.ts';
import { type EvidenceReader, readRecord } from '../../../src/targets/evidence/read-record.ts';
import { canonicalJson, isSignedBy, signed } from '../../../src/targets/evidence/seal.ts';

const workload: WorkloadIdentity = { kind: 'deployment', namespace: 'phoenix', name: 'orchestrator' };
const reader: EvidenceReader = { now: Date.parse('2026-11-30T03:00:00Z'), workload };
const found = (verdict: string, more: object = {}) => ({ verdict, summary: 'x', values: {}, ...more });

/** As a worker of before schema 2 has written it. */
const first = {
  fingerprint: 'a'.repeat(64),
  version: '0.1.0',
  image: 'registry.example/phoenix-orch:v0.1.0',
  verdict: 'passed',
  at: '2026-11-20T03:00:00.000Z',
  provedBy: 'verify',
  workflowId: 'verify/orchestrator',
  runId: 'run',
  checks: { health: found('passed'), chat: found('failed') },
};
const second = {
  ...first,
  schema: 2,
  id: 'b'.repeat(64),
  workload,
  required: ['health', 'chat'],
  accepted: [],
  waived: [],
  excused: [],
  notApplicable: [],
  checks: { health: found('passed'), chat: found('passed') },
};
const problemOf = (value: unknown, of: EvidenceReader = reader) => {
  const read = readRecord(value, of);
  return 'problem' in read ? read.problem : undefined;
};

describe('evidence that is read', () => {
  it.each<[string, unknown]>([
    ['of schema 1 with a failed check: what was required is not on record', first],
    ['of schema 2', second],
    ['whose failed check was accepted', { ...second, accepted: ['chat'], checks: first.checks }],
    [
      'whose failed check was excused as on the known-good version',
      { ...second, excused: ['chat'], checks: first.checks },
    ],
    ['whose failed check was left out by a decision', { ...second, waived: ['chat'], checks: first.checks }],
    ['whose failed check was not required', { ...second, required: ['health'], checks: first.checks }],
    [
      'with a check that this worker does not know',
      { ...second, checks: { ...second.checks, web: found('passed') } },
    ],
    ['with fields of a newer worker', { ...second, config: { name: 'x' } }],
    ['of a failure', { ...second, verdict: 'failed', checks: {}, failed: 'ImagePullBackOff' }],
    ['a minute ahead of our clock', { ...second, at: '2026-11-30T03:01:00Z' }],
  ])('counts %s', (_what, value) => {
    expect(problemOf(value)).toBeUndefined();
  });

  it.each<[string, unknown, RegExp]>([
    ['nothing', undefined, /is no evidence/],
    ['a list', [], /is no evidence/],
    ['an image id that is a number', { ...first, imageId: 7 }, /imageId/],
    [
      'a check without values',
      { ...first, checks: { health: { verdict: 'passed', summary: 'x' } } },
      /checks\.health\.values/,
    ],
    ['a check that is null', { ...first, checks: { health: null } }, /checks\.health/],
    ['a time with words behind it', { ...first, at: '2026-12-31 (trust me)' }, /at/],
    ['a date alone', { ...first, at: '2026-11-20' }, /at/],
    ['a fingerprint that is none', { ...first, fingerprint: 'A'.repeat(64) }, /fingerprint/],
    ['a verdict that is none', { ...first, verdict: 'great' }, /verdict/],
    ['a date of tomorrow', { ...first, at: '2026-12-01T03:00:00Z' }, /has not come yet/],
    ['a schema that is not known', { ...second, schema: 3 }, /schema that this worker does not know/],
    ['a schema in letters', { ...second, schema: '2' }, /schema that this worker does not know/],
    ['no list of what was required', { ...second, required: undefined }, /required/],
    [
      'passed where a required check failed',
      { ...second, checks: first.checks },
      /says passed, and its checks say failed/,
    ],
    [
      'passed where a required check did not run',
      { ...second, checks: { health: found('passed') } },
      /says passed, and its checks say inconclusive/,
    ],
    [
      'passed where nothing was required',
      { ...second, required: [] },
      /says passed, and its checks say inconclusive/,
    ],
    [
      'passed where everything was accepted',
      { ...second, accepted: ['health', 'chat'], checks: { health: found('failed'), chat: found('failed') } },
      /its checks say inconclusive/,
    ],
    ['passed with a failure in words', { ...second, failed: 'ImagePullBackOff' }, /its checks say failed/],
    [
      'another workload',
      { ...second, workload: { ...workload, namespace: 'staging' } },
      /of deployment\/orchestrator in staging, not of deployment\/orchestrator in phoenix/,
    ],
    [
      'another kind of workload',
      { ...second, workload: { ...workload, kind: 'compose' } },
      /is evidence of compose\/orchestrator/,
    ],
  ])('does not count with %s', (_what, value, expected) => {
    expect(problemOf(value)).toMatch(expected);
  });
});

describe('a signing key', () => {
  const key = 'a key of the worker';
  const sealed = signed(second as unknown as KnownGoodRecord, key);
  const withKey = { ...reader, key };

  it('believes what it has signed, in whatever order it is read back', () => {
    expect(problemOf(sealed, withKey)).toBeUndefined();
    const turned = Object.fromEntries(Object.entries(JSON.parse(JSON.stringify(sealed))).reverse());
    expect(problemOf(turned, withKey)).toBeUndefined();
  });

  it.each<[string, unknown, RegExp]>([
    ['that is not signed', second, /is not signed/],
    ['of schema 1 that is not signed', first, /is not signed/],
    [
      'that is signed with another key',
      signed(second as unknown as KnownGoodRecord, 'another'),
      /another key, or was changed/,
    ],
    ['whose verdict was changed', { ...sealed, verdict: 'failed', failed: 'x' }, /was changed/],
    [
      'whose summary was changed',
      { ...sealed, checks: { ...sealed.checks, chat: found('passed', { summary: 'y' }) } },
      /was changed/,
    ],
    ['to which a field was added', { ...sealed, note: 'x' }, /was changed/],
    ['whose signature was shortened', { ...sealed, signature: sealed.signature.slice(0, -1) }, /was changed/],
  ])('does not believe evidence %s', (_what, value, expected) => {
    expect(problemOf(value, withKey)).toMatch(expected);
  });

  it('is not needed to read what is signed', () => {
    expect(problemOf(sealed)).toBeUndefined();
  });

  it('signs the record and not what is left out of it', () => {
    expect(isSignedBy({ ...sealed, id: undefined } as never, key)).toBe(false);
    expect(isSignedBy({ ...sealed, never: undefined } as never, key)).toBe(true);
    expect(canonicalJson({ b: [1, { d: null, c: 'x' }], a: true })).toBe(
      '{"a":true,"b":[1,{"c":"x","d":null}]}',
    );
  });
});
