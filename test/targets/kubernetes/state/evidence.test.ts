import { describe, expect, it } from 'vitest';
import type { KnownGoodRecord } from '../../../../src/domain/proof/known-good.ts';
import { RECORDS_KEPT } from '../../../../src/targets/kubernetes/state/evidence.ts';
import { fingerprint } from '../../../../src/targets/kubernetes/template/fingerprint.ts';
import type { StubApi } from '../stub-api.ts';
import { closeAfterEach, stubbedService, v1 } from '../stubbed.ts';
import { context, errorOf } from '../support.ts';

closeAfterEach();

const NAME = 'orchestrator-known-good';
const digits = (number: number) => number.toString(16).padStart(64, '0').split('').reverse().join('');
const record = (number: number, change: Partial<KnownGoodRecord> = {}): KnownGoodRecord => ({
  fingerprint: digits(number),
  version: `0.${number}.0`,
  image: '',
  verdict: 'passed',
  at: new Date(Date.UTC(2026, 10, 1, 0, number)).toISOString(),
  provedBy: 'verify',
  workflowId: 'verify/orchestrator',
  runId: 'run',
  checks: {},
  ...change,
});
const entry = (of: KnownGoodRecord) => [of.fingerprint.slice(0, 40), JSON.stringify(of)] as const;
const keep = (stub: StubApi, ...records: KnownGoodRecord[]) =>
  stub.put('configmaps', { metadata: { name: NAME }, data: Object.fromEntries(records.map(entry)) });
const kept = (stub: StubApi) =>
  Object.values((stub.get('configmaps', NAME)?.data ?? {}) as Record<string, string>).map(
    (text) => JSON.parse(text) as KnownGoodRecord,
  );
const writes = (stub: StubApi) => stub.asked.filter((what) => /^(PATCH|POST) configmaps/.test(what));

describe('recordKnownGood', () => {
  it('creates the ConfigMap when the observation found none', async () => {
    const { stub, target } = await stubbedService();
    await target.observe(context);
    expect(await target.recordKnownGood(record(1), context)).toEqual({ keptIn: `configmap/${NAME}` });
    expect(kept(stub)).toEqual([record(1)]);
    expect(writes(stub)).toEqual(['POST configmaps']);
  });

  it('adds to the ConfigMap that the observation found, and replaces the record of the same version', async () => {
    const { stub, target } = await stubbedService();
    keep(stub, record(1, { verdict: 'failed' }), record(2));
    await target.observe(context);
    await target.recordKnownGood(record(1), context);
    expect(kept(stub)).toEqual([record(1), record(2)]);
    expect(writes(stub)).toEqual([`PATCH configmaps/${NAME}`]);
  });

  it('adds to one that somebody created since the observation (409)', async () => {
    const { stub, target } = await stubbedService();
    await target.observe(context);
    keep(stub, record(2));
    await target.recordKnownGood(record(1), context);
    expect(kept(stub)).toEqual([record(2), record(1)]);
    expect(writes(stub)).toEqual(['POST configmaps', `PATCH configmaps/${NAME}`]);
  });

  it('creates one anew that somebody deleted since the observation (404)', async () => {
    const { stub, target } = await stubbedService();
    keep(stub, record(2));
    await target.observe(context);
    stub.remove('configmaps', NAME);
    await target.recordKnownGood(record(1), context);
    expect(kept(stub)).toEqual([record(1)]);
    expect(writes(stub)).toEqual([`PATCH configmaps/${NAME}`, 'POST configmaps']);
  });

  it(`keeps the ${RECORDS_KEPT} newest records`, async () => {
    const { stub, target } = await stubbedService();
    const old = Array.from({ length: RECORDS_KEPT + 2 }, (_, index) => record(index + 1));
    keep(stub, ...old.toReversed());
    await target.observe(context);
    await target.recordKnownGood(record(99), context);
    const versions = kept(stub).map(({ version }) => version);
    expect(versions).toHaveLength(RECORDS_KEPT);
    expect(versions).toContain('0.99.0');
    expect(versions).toContain('0.4.0');
    expect(versions).not.toContain('0.3.0');
  });

  it('makes no room for a record that replaces one', async () => {
    const { stub, target } = await stubbedService();
    const old = Array.from({ length: RECORDS_KEPT }, (_, index) => record(index + 1));
    keep(stub, ...old);
    await target.observe(context);
    await target.recordKnownGood(record(1), context);
    expect(kept(stub)).toHaveLength(RECORDS_KEPT);
  });

  it('leaves out the values of checks when the record is too long', async () => {
    const { stub, target } = await stubbedService();
    const chat = {
      verdict: 'passed',
      summary: 's'.repeat(500),
      values: { text: 'x'.repeat(40_000) },
    } as const;
    await target.recordKnownGood(record(1, { checks: { chat } }), context);
    expect(kept(stub)).toMatchObject([{ checks: { chat: { verdict: 'passed', values: {} } } }]);
    expect(JSON.stringify(kept(stub)).length).toBeLessThan(1_000);
  });

  it.each([
    [413, 'RecordFailed'],
    [422, 'RecordFailed'],
    [403, 'WriteRejected'],
    [500, 'Unreachable'],
  ])('reports a %d as %s', async (code, type) => {
    const { stub, target } = await stubbedService();
    stub.on(/^POST configmaps/, ({ status }) => status(code, 'configmaps "x" is forbidden: exceeded quota'));
    expect(await errorOf(target.recordKnownGood(record(1), context))).toMatchObject({ type });
  });
});

describe('observe', () => {
  it('leaves out entries that are no evidence, and says so', async () => {
    const { stub, target } = await stubbedService();
    const good = record(1, { fingerprint: fingerprint(v1) });
    const data = {
      ...Object.fromEntries([entry(good)]),
      'not-json': '{',
      null: 'null',
      [digits(2).slice(0, 40)]: JSON.stringify(record(3)),
      [digits(4).slice(0, 40)]: JSON.stringify(record(4, { verdict: 'maybe' as never })),
      [digits(5).slice(0, 40)]: JSON.stringify(record(5, { at: 'yesterday' })),
    };
    stub.put('configmaps', { metadata: { name: NAME }, data });
    const { history, warnings } = await target.observe(context);
    expect(history).toMatchObject([{ version: '0.1.0', evidence: { verdict: 'passed', at: good.at } }]);
    expect(warnings.filter((warning) => warning.endsWith('; it is ignored'))).toHaveLength(5);
  });

  it('goes on without evidence that it may not read', async () => {
    const { stub, target } = await stubbedService();
    stub.on(/^GET configmaps/, ({ status }) => status(403, 'forbidden'));
    const { history, warnings } = await target.observe(context);
    expect(history).toHaveLength(1);
    expect(warnings).toContainEqual(expect.stringContaining('may not be read'));
  });

  it('does not take an API server that fails for one that has no evidence', async () => {
    const { stub, target } = await stubbedService();
    stub.on(/^GET configmaps/, ({ status }) => status(503, 'no endpoints'));
    expect(await errorOf(target.observe(context))).toMatchObject({ type: 'Unreachable' });
  });
});
