import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/parse.ts';
import { RunbookError } from '../../../src/domain/errors.ts';

const parse = (prometheus: unknown) =>
  parseConfig(
    JSON.stringify({
      services: {
        orchestrator: {
          kubernetes: { namespace: 'phoenix-orch', deployment: 'master-orchestrator' },
          endpoint: 'http://127.0.0.1:8181',
          ...(prometheus === undefined ? {} : { prometheus }),
        },
      },
    }),
    { file: '/etc/runbook/runbook.yaml' },
  ).services.orchestrator?.prometheus;

const problem = (prometheus: unknown): string => {
  try {
    parse(prometheus);
  } catch (error) {
    if (error instanceof RunbookError && error.type === 'InvalidConfig') return error.message;
    throw error;
  }
  return expect.fail('the section was accepted');
};

const addresses = ['https://prometheus.example/prefix/'];

describe('the section prometheus of a service', () => {
  it('is none without a word', () => expect(parse(undefined)).toBeUndefined());

  it('has every default, and each file as a whole path', () => {
    expect(parse({ addresses: ['http://prometheus:9090/'] })).toEqual({
      addresses: ['http://prometheus:9090'],
      auth: { mode: 'none' },
      headers: {},
      timeoutMs: 5000,
      maxResponseBytes: 4 * 2 ** 20,
    });
    expect(
      parse({
        addresses,
        auth: { mode: 'basic', username: 'runbook', password: { file: 'password' } },
        tls: { ca: { file: 'ca.pem' }, cert: { env: 'CERT' }, key: { env: 'KEY' }, serverName: 'prometheus' },
        headers: { 'X-Scope-OrgID': 'team-a', 'X-Key': { env: 'GATEWAY_KEY' } },
        timeout: '2s',
        maxResponse: 64,
      }),
    ).toEqual({
      addresses: ['https://prometheus.example/prefix'],
      auth: { mode: 'basic', username: 'runbook', password: { file: '/etc/runbook/password' } },
      tls: {
        ca: { file: '/etc/runbook/ca.pem' },
        cert: { env: 'CERT' },
        key: { env: 'KEY' },
        serverName: 'prometheus',
      },
      headers: { 'X-Scope-OrgID': 'team-a', 'X-Key': { env: 'GATEWAY_KEY' } },
      timeoutMs: 2000,
      maxResponseBytes: 65_536,
    });
  });

  it.each([
    ['no address', { addresses: [] }, 'prometheus.addresses: expected at least one address'],
    ['none at all', {}, 'prometheus.addresses: missing'],
    [
      'six addresses',
      { addresses: Array(6).fill('http://p') },
      'prometheus.addresses: expected at most five addresses',
    ],
    [
      'another protocol',
      { addresses: ['ftp://p'] },
      'prometheus.addresses[0]: expected an http or https address',
    ],
    [
      'credentials in an address',
      { addresses: ['http://me@p'] },
      'credentials may not stand in an address: use auth',
    ],
    ['a query in an address', { addresses: ['http://p/?x=1'] }, 'an endpoint has no query and no fragment'],
    [
      'an unknown key',
      { addresses, adresses: 1 },
      'prometheus.adresses: unknown key, did you mean addresses?',
    ],
    ['an unknown mode', { addresses, auth: { mode: 'jwt' } }, 'expected mode none, bearer or basic'],
    [
      'a token in the file',
      { addresses, auth: { mode: 'bearer', secret: 'abc' } },
      'a secret may not stand in this file',
    ],
    [
      'a colon in the name',
      { addresses, auth: { mode: 'basic', username: 'a:b', password: { env: 'P' } } },
      'no colon',
    ],
    [
      'a certificate without key',
      { addresses, tls: { cert: { env: 'C' } } },
      'prometheus.tls: cert and key belong together',
    ],
    ['an empty tls', { addresses, tls: {} }, 'prometheus.tls: expected ca, cert with key, or serverName'],
    [
      'tls for http',
      { addresses: ['http://p'], tls: { ca: { env: 'C' } } },
      'prometheus.tls: tls needs https addresses',
    ],
    [
      'a header of ours',
      { addresses, headers: { Authorization: 'x' } },
      'this header is set by the worker: see auth',
    ],
    [
      'a reference in place of headers',
      { addresses, headers: { env: 'X' } },
      'a reference belongs to a header',
    ],
    ['no name of a header', { addresses, headers: { 'a b': 'x' } }, 'expected the name of a header'],
    ['a line break in a header', { addresses, headers: { a: 'x\ny' } }, 'prometheus.headers.a: '],
    [
      'too many headers',
      { addresses, headers: Object.fromEntries(Array.from({ length: 11 }, (_, n) => [`x-${n}`, 'v'])) },
      'at most 10 headers',
    ],
    [
      'a time-out over a minute',
      { addresses, timeout: '2m' },
      'prometheus.timeout: expected between 100ms and 1m',
    ],
    ['no size', { addresses, maxResponse: 1 }, 'prometheus.maxResponse: '],
  ])('refuses %s, by its name', (_, section, words) => expect(problem(section)).toContain(words));
});
