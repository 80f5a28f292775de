import { expect, it } from 'vitest';
import { withoutAddresses } from '../../src/domain/without-addresses.ts';

it.each([
  ['connect ECONNREFUSED 127.0.0.1:1', 'connect ECONNREFUSED …'],
  ['connect ECONNREFUSED ::1:6443', 'connect ECONNREFUSED …'],
  ['connect ETIMEDOUT [fd00::7]:6443, retried', 'connect ETIMEDOUT …, retried'],
  ['getaddrinfo ENOTFOUND api.internal', 'getaddrinfo ENOTFOUND …'],
  ['getaddrinfo EAI_AGAIN api', 'getaddrinfo EAI_AGAIN …'],
  ['dial tcp: lookup etcd-0 on 10.96.0.10:53: no such host', 'dial tcp: lookup … on …: no such host'],
  ['Post "https://hook.internal:8443/check?timeout=5s": refused', 'Post "…": refused'],
  ['etcd.internal:2379 is away', '… is away'],
  ['the worker may not list resourcequotas', 'the worker may not list resourcequotas'],
  [
    'could not get deployments/web: no answer within 0.45 s',
    'could not get deployments/web: no answer within 0.45 s',
  ],
  ['version 1.2.3.4-rc.1 until 2026-12-01 08:00 UTC', 'version 1.2.3.4-rc.1 until 2026-12-01 08:00 UTC'],
  ['cannot connect to unix:///var/run/docker.sock', 'cannot connect to unix:///var/run/docker.sock'],
  ['cannot connect to tcp://build-7:2375.', 'cannot connect to …'],
  ['at 08:00:15', 'at 08:00:15'],
])('%s', (text, expected) => {
  expect(withoutAddresses(text)).toBe(expected);
});
