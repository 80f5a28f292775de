import { expect, it } from 'vitest';
import { commandEnvironment } from '../../../../src/targets/compose/change/command-environment.ts';
import { instancesOf } from '../../../../src/targets/compose/read/instances.ts';
import { container } from '../container.ts';

const bridged = { networkMode: 'phoenix_default', address: '172.18.0.2' };

const LOCAL = 'unix:///var/run/docker.sock';

it.each<[string, object, { address?: string }, string, string]>([
  ['in the network of this machine', {}, {}, LOCAL, '127.0.0.1'],
  ['in the network of a remote engine', {}, {}, 'tcp://10.0.0.7:2376', '10.0.0.7'],
  ['in the network of an engine behind ssh', {}, {}, 'ssh://ada@docker.internal', 'docker.internal'],
  ['in a network of its own on this machine', bridged, {}, LOCAL, '172.18.0.2'],
  [
    'in a network of its own elsewhere, by its published ports',
    bridged,
    {},
    'ssh://ada@docker.internal',
    'docker.internal',
  ],
  ['as the profile says', bridged, { address: '192.168.0.9' }, LOCAL, '192.168.0.9'],
])('a container is reached %s', (_title, change, profile, endpoint, address) => {
  expect(instancesOf([container(change)], profile, endpoint)).toMatchObject([
    { name: 'app-1', uid: 'a', address },
  ]);
});

it('a container that does not run is no instance', () => {
  expect(instancesOf([container({ running: false })], {}, LOCAL)).toEqual([]);
});

it.each<[string, { context?: string; host?: string }, object]>([
  ['the worker’s own', {}, { DOCKER_HOST: 'unix:///a', DOCKER_CONTEXT: 'b' }],
  ['a context, which DOCKER_HOST may not overrule', { context: 'remote' }, { DOCKER_CONTEXT: 'remote' }],
  ['an address, which a context may not overrule', { host: 'tcp://c:1' }, { DOCKER_HOST: 'tcp://c:1' }],
])('the engine is %s', (_title, profile, expected) => {
  const env = { PATH: '/bin', DOCKER_HOST: 'unix:///a', DOCKER_CONTEXT: 'b' };
  const environment = commandEnvironment(env, profile);
  const engine = Object.fromEntries(
    Object.entries(environment).filter(([name, value]) => name !== 'PATH' && value !== undefined),
  );
  expect(engine).toEqual(expected);
  expect(environment.PATH).toBe('/bin');
});

it('what would choose another project is not handed on, the variables of compose files are', () => {
  const env = { COMPOSE_FILE: 'x.yml', COMPOSE_PROJECT_NAME: 'x', COMPOSE_PROFILES: 'x', TAG: 'v1' };
  expect(commandEnvironment(env, {})).toEqual({ TAG: 'v1' });
});
