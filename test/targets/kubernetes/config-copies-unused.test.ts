import { describe, expect, it } from 'vitest';
import { MERGE_PATCH } from '../../../sandbox/control-plane/api.ts';
import { type PolicyRule, rulesOf, WORKER_RULES } from '../../../sandbox/manifests.ts';
import { RECORDS_KEPT } from '../../../src/targets/kubernetes/state/evidence.ts';
import type { RollbackTarget } from '../../../src/targets/target.ts';
import { aSecondLater } from '../../worlds/a-second-later.ts';
import { carryOut, planned, proofOf, prove } from './config-proofs.ts';
import { context, openWorld, type Service } from './world.ts';

const { cluster, service } = openWorld({ instantReady: true });
const COPY = 'deployment-master-orchestrator-config-0';
const GOOD = { 'config.toml': 'model = "gpt-good"\n' };
const BAD = { 'config.toml': 'model = "gpt-none"\n' };
const RULES: readonly PolicyRule[] = [...WORKER_RULES, ...rulesOf('rbac-config.yaml')];
const template = { volumes: [{ name: 'config', configMap: { name: 'app-config' } }] };
const HOURS = 3_600_000;

/** A service that was proved with its ConfigMap, which holds something else by now. */
async function proved(rules = RULES): Promise<Service> {
  const of = await service([], { rules });
  const { api } = cluster();
  await api.must('POST', of.path('configmaps'), { metadata: { name: 'app-config' }, data: GOOD });
  await aSecondLater();
  await of.deploy('v0.1.0', { template });
  await prove(of.target);
  await api.must('PATCH', of.path('configmaps/app-config'), { data: BAD }, MERGE_PATCH);
  await of.deploy('v0.2.0', { template });
  return of;
}

/** So many other versions are proved that the first one makes room. */
async function proveOthers(target: RollbackTarget): Promise<void> {
  const { id: _id, ...record } = await proofOf(target);
  for (let other = 0; other < RECORDS_KEPT; other += 1) {
    const fingerprint = String(other).padStart(2, '0').repeat(32);
    await target.recordKnownGood({ ...record, fingerprint }, context);
  }
}

const later = (of: Service, hours: number) => of.another({}, { clock: () => Date.now() + hours * HOURS });
const copyOf = async (of: Service) =>
  (await cluster().api.call('GET', of.path(`configmaps/${COPY}`))).body.kind;

describe('a copy of config', () => {
  it('goes with the evidence that needs it', async () => {
    const of = await proved();
    await proveOthers(await later(of, 2));
    expect(await copyOf(of)).toBe('Status');
  });

  it('stays as long as the live template refers to it', async () => {
    const of = await proved();
    await carryOut(of.target, (await planned(of.target)).pin);
    await proveOthers(await later(of, 2));
    expect(await copyOf(of)).toBe('ConfigMap');
  });

  it.each<[string, readonly PolicyRule[], number]>([
    ['was made a moment ago', RULES, 0],
    ['may not be deleted by the worker', WORKER_RULES, 2],
  ])('stays where it %s', async (_what, rules, hours) => {
    const of = await proved(rules);
    await proveOthers(await later(of, hours));
    expect(await copyOf(of)).toBe('ConfigMap');
  });
});
