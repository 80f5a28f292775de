import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';

const MINIMAL = `services:
  orchestrator:
    kubernetes: { namespace: phoenix-orch, deployment: master-orchestrator }
    endpoint: http://127.0.0.1:8181/
`;
const file = '/etc/runbook/runbook.yaml';
const read = (lines: string) => parseConfig(`${MINIMAL}    ${lines}\n`, { file }).services.orchestrator;
const fault = (lines: string): string => {
  try {
    read(lines);
  } catch (error) {
    expect(error).toMatchObject({ type: 'InvalidConfig' });
    return (error as Error).message;
  }
  return expect.fail('no fault');
};

describe('the section preconditions', () => {
  it('is none where the file has none: nothing is looked at', () => {
    expect(parseConfig(MINIMAL, { file }).services.orchestrator).not.toHaveProperty('preconditions');
  });

  it('switches on what needs no word of a team, each with its defaults', () => {
    expect(read('preconditions: {}')?.preconditions).toEqual({
      image: { on: 'block', unknown: 'open', timeout: 10_000, credentials: [] },
      platform: { on: 'block', unknown: 'open' },
      quota: { on: 'warn', unknown: 'open' },
      'disruption-budget': { on: 'warn', unknown: 'open' },
      autoscaler: { on: 'warn', unknown: 'open' },
      'conflicting-controller': { on: 'warn', unknown: 'open' },
      reachable: { on: 'warn', unknown: 'open', timeout: 5000, registry: true, prometheus: true, git: [] },
    });
  });

  it('switches one off, and has another as it says', () => {
    const { preconditions } =
      read('preconditions: { image: off, quota: { on: ask, unknown: closed } }') ?? {};
    expect(preconditions).not.toHaveProperty('image');
    expect(preconditions?.quota).toEqual({ on: 'ask', unknown: 'closed' });
  });

  it('has the gate, the windows and the logins as written, with whole paths', () => {
    const { preconditions } =
      read(
        'preconditions: { command: { run: [/usr/bin/gate, "{{to}}"], env: { PGPASSWORD: { file: pg }, file: "{{to}}" } }, image: { credentials: [{ dockerConfig: { file: docker.json } }] }, freeze: { on: block, freezes: [{ name: n, days: [fri], from: "18:00", to: "08:00", timezone: Europe/Berlin }, { name: o, from: "2026-12-24T00:00:00+01:00", to: "2027-01-02T00:00:00Z" }] } }',
      ) ?? {};
    expect(preconditions?.command).toEqual({
      run: ['/usr/bin/gate', '{{to}}'],
      env: [
        { name: 'PGPASSWORD', value: { file: '/etc/runbook/pg' } },
        { name: 'file', value: '{{to}}' },
      ],
      on: 'block',
      unknown: 'closed',
      timeout: 30_000,
    });
    expect(preconditions?.image?.credentials).toEqual([
      { dockerConfig: { file: '/etc/runbook/docker.json' } },
    ]);
    expect(preconditions?.freeze).toMatchObject({ on: 'block', freezes: [{ name: 'n' }, { name: 'o' }] });
  });

  it.each<[string, string, string]>([
    ['{ images: {} }', 'images', 'unknown key, did you mean image?'],
    ['{ image: true }', 'image', 'expected the settings of the precondition, or off'],
    ['{ image: { on: fail } }', 'image.on', 'expected block, warn or ask'],
    ['{ image: { unknown: pass } }', 'image.unknown', 'expected open or closed'],
    ['{ image: { timeout: 1h } }', 'image.timeout', 'expected between 1s and 30s'],
    [
      '{ image: { credentials: [{ registry: "https://r.example", username: a, password: { env: P } }] } }',
      'image.credentials[0].registry',
      'expected the host of a registry',
    ],
    [
      '{ image: { credentials: [{ registry: r.example, username: a, password: hunter22 }] } }',
      'image.credentials[0].password',
      'a secret may not stand in this file',
    ],
    [
      '{ image: { credentials: [{ username: a, password: { env: P } }] } }',
      'image.credentials[0]',
      'expected { registry, username, password }',
    ],
    ['{ command: {} }', 'command.run', 'expected { run: [program, arguments] } or { url }'],
    ['{ command: { run: [gate] } }', 'command.run[0]', 'expected the whole path of a program'],
    ['{ command: { run: [] } }', 'command.run', 'expected a program'],
    ['{ command: { run: [/gate, "--to={{to}}"] } }', 'command.run[1]', 'a placeholder stands alone'],
    ['{ command: { run: [/gate, "{{version}}"] } }', 'command.run[1]', 'one of {{from}}, {{to}}'],
    ['{ command: { run: [/gate], env: { TO: "v{{to}}" } } }', 'command.env.TO', 'a placeholder stands alone'],
    ['{ command: { run: [/gate], env: { "a b": x } } }', 'command.env', 'name of an environment variable'],
    ['{ command: { run: [/gate], url: "http://g" } }', 'command.url', 'not both'],
    ['{ command: { url: "ftp://g" } }', 'command.url', 'expected an http or https address'],
    ['{ command: { url: "http://me@g/" } }', 'command.url', 'use auth'],
    [
      '{ command: { url: "http://g", auth: { mode: digest } } }',
      'command.auth',
      'expected mode bearer or basic',
    ],
    ['{ freeze: {} }', 'freeze.freezes', ''],
    ['{ freeze: { freezes: [] } }', 'freeze.freezes', 'expected at least one window'],
    [
      '{ freeze: { freezes: [{ name: n, from: "2026-12-24", to: "2026-12-26" }] } }',
      'freeze.freezes[0].from',
      'expected a time with its offset',
    ],
    [
      '{ freeze: { freezes: [{ name: n, from: "2026-12-24T00:00:00", to: "2026-12-26T00:00:00Z" }] } }',
      'freeze.freezes[0].from',
      'expected a time with its offset',
    ],
    [
      '{ freeze: { freezes: [{ name: n, from: "2026-12-26T00:00:00Z", to: "2026-12-24T00:00:00Z" }] } }',
      'freeze.freezes[0].to',
      'expected a time after from',
    ],
    [
      '{ freeze: { freezes: [{ name: n, days: [friday], from: "18:00", to: "08:00", timezone: UTC }] } }',
      'freeze.freezes[0].days[0]',
      'expected days such as fri',
    ],
    [
      '{ freeze: { freezes: [{ name: n, days: [fri], from: 18:00, to: "8:00", timezone: UTC }] } }',
      'freeze.freezes[0].to',
      'expected a time of day',
    ],
    [
      '{ freeze: { freezes: [{ name: n, days: [fri], from: "18:00", to: "08:00", timezone: Europe/Berln }] } }',
      'freeze.freezes[0].timezone',
      'expected a time zone',
    ],
    [
      '{ freeze: { freezes: [{ name: n, days: [fri], from: "18:00", to: "08:00" }] } }',
      'freeze.freezes[0].timezone',
      '',
    ],
    ['{ reachable: { git: ["ext::sh -c id"] } }', 'reachable.git[0]', 'expected the address of a repository'],
    [
      '{ reachable: { git: ["--upload-pack=id"] } }',
      'reachable.git[0]',
      'expected the address of a repository',
    ],
    [
      '{ reachable: { git: ["https://me@h/r"] } }',
      'reachable.git[0]',
      'credentials may not stand in an address',
    ],
  ])('%s: %s is wrong, and what is expected is said', (section, at, says) => {
    const message = fault(`preconditions: ${section}`);
    expect(message).toContain(`services.orchestrator.preconditions.${at}`);
    expect(message).toContain(says);
    expect(message).not.toContain('Invalid input');
  });
});

it('a variable of the gate that is called as a reference is none', () => {
  const { preconditions } =
    read('preconditions: { command: { run: [/usr/bin/gate], env: { file: plain } } }') ?? {};
  expect(preconditions?.command).toMatchObject({ env: [{ name: 'file', value: 'plain' }] });
});
