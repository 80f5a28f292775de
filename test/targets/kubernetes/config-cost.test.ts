import { describe, expect, it } from 'vitest';
import { liveVersionOf } from '../../../src/domain/versions/versions.ts';
import { aSecondLater } from '../../worlds/a-second-later.ts';
import { configServices, GOOD, KNOWN_GOOD, planned, prove, recordOf } from './config-service.ts';
import { context, openWorld, type Service } from './world.ts';

const world = openWorld({ instantReady: true, concurrent: true });
const { cluster, service } = world;
const { must } = configServices(world);

/** A rollback as a run carries it out. @returns what was asked, without what the wait asks, which hangs on the time that it takes. */
async function standardRollback(of: Service): Promise<readonly string[]> {
  const begun = await cluster().mark();
  const [observed] = await Promise.all([
    of.target.observe(context),
    of.target.checkAccess(KNOWN_GOOD, context),
  ]);
  const plan = await planned(of);
  await of.target.resolve(plan, context);
  await of.target.takeSnapshot(liveVersionOf(observed), context);
  const started = await of.target.rollBack(plan.pin, context);
  const before = await of.requests(begun);
  await of.target.waitForRollout(started, context, () => undefined);
  const over = await cluster().mark();
  const proved = { ...plan.to, fingerprint: started.fingerprint };
  await of.target.recordKnownGood(recordOf(proved), context);
  return [...before, ...(await of.requests(over))].toSorted();
}

/** What the second rollback of a worker asks the API server, whose service refers to so many ConfigMaps that nobody changes. */
async function askedWith(references: number): Promise<readonly string[]> {
  const names = Array.from({ length: references }, (_, number) => `config-${number}`);
  const template = { volumes: names.map((name) => ({ name, configMap: { name } })) };
  const of = await service([], { template });
  for (const name of names) {
    await must('POST', of.path('configmaps'), { metadata: { name }, data: { ...GOOD, name } });
  }
  await aSecondLater();
  await of.deploy('v0.1.0');
  await prove(of);
  await of.deploy('v0.2.0');
  await standardRollback(of);
  await of.deploy('v0.2.0');
  return standardRollback(of);
}

describe.concurrent('what config costs a rollback that changes none', () => {
  it('is nothing without references, and with each a read for the record: the one before serves the check too', async () => {
    const [none, one, three] = await Promise.all([askedWith(0), askedWith(1), askedWith(3)]);
    expect(none).toEqual(['get configmaps', 'list replicasets', 'patch configmaps', 'patch deployments']);
    const reads = (count: number) => Array.from({ length: count }, () => 'get configmaps');
    expect(one).toEqual([...none, ...reads(2)].toSorted());
    expect(three).toEqual([...none, ...reads(6)].toSorted());
  });
});
