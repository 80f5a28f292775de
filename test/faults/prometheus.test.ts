import { describe, expect, test } from 'vitest';
import { startFaultProxy } from '../../sandbox/faults/index.ts';
import { nobody } from '../checks/surroundings.ts';
import {
  LOAD,
  loadedPrometheus,
  measured,
  readOne,
  settingsOf,
  whyOf,
} from '../signals/prometheus/surroundings.ts';
import { counted } from './counted.ts';
import { PROMETHEUS_FAULTS, type PrometheusFault } from './prometheus/cases.ts';

const { problem, url } = await loadedPrometheus();
const queries = LOAD;
/** For an answer of the real server on a busy machine. */
const ENOUGH = '6s';
const settings = (addresses: readonly string[], timeout = '20s') =>
  settingsOf({ addresses, timeout, maxResponse: 64 });

/** The only server is hurt: from the first question on, and once more when it has told its time. */
async function saysWhy({ done, why, hangs }: PrometheusFault): Promise<void> {
  await using proxy = await startFaultProxy({ upstream: url() });
  proxy.rule({}, done);
  const said = whyOf(await readOne({ settings: settings([proxy.url], hangs && '1s'), queries }));
  expect(said).toMatch(/^Prometheus: /);
  expect(said.replace('Prometheus: ', '')).toMatch(why);
  expect(said).not.toMatch(/127\.0\.0\.1|10\.1\.2\.3|:\d{4,5}\b/);
  // One question finds it out, not one for each signal.
  expect(proxy.requests).toHaveLength(1);
  await proxy.heal();
  proxy.rule({ skip: 1 }, done);
  const later = whyOf(await readOne({ settings: settings([proxy.url], hangs && ENOUGH), queries }));
  expect(later.replace('Prometheus: ', '')).toMatch(why);
  expect(proxy.problems).toEqual([]);
}

/** The first of two servers is hurt. */
async function isReadFromTheNext({ done, hangs }: PrometheusFault): Promise<void> {
  await using proxy = await startFaultProxy({ upstream: url() });
  proxy.rule({}, done);
  const both = settings([proxy.url, url()], hangs && ENOUGH);
  const reading = measured(await readOne({ settings: both, queries }));
  expect(reading.now.value).toBe(2);
  expect(reading.past.length).toBeGreaterThan(10);
  // The one that has answered is asked first from then on.
  expect(proxy.requests).toHaveLength(1);
}

describe.skipIf(problem)(`Prometheus${problem ? ` (skipped: ${problem})` : ''}`, { concurrent: true }, () => {
  const row = { family: 'Prometheus misbehaves', target: 'both' } as const;

  test('is not there: no data, and why; the next address is asked', () =>
    counted(
      { ...row, fault: 'is not there', ends: 'no data, and why; read from the next address' },
      async () => {
        const gone = await nobody();
        expect(whyOf(await readOne({ settings: settings([gone]), queries }))).toBe(
          'Prometheus: connection refused',
        );
        const reading = await readOne({ settings: settings([gone, url()]), queries });
        expect(measured(reading).now.value).toBe(2);
      },
    ));

  test.for(PROMETHEUS_FAULTS)('$fault: no data, and why', (one) =>
    counted({ ...row, fault: one.fault, ends: 'no data, and why' }, () => saysWhy(one)),
  );

  test.for(PROMETHEUS_FAULTS.filter(({ final }) => !final))('$fault: the next address is asked', (one) => {
    const ends = 'read from the next address, this one asked once';
    return counted({ ...row, fault: one.fault, ends }, () => isReadFromTheNext(one));
  });
});
