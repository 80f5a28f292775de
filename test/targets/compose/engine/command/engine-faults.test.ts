import { expect, it } from 'vitest';
import {
  isFaultOfEngine,
  runsUnheardOf,
} from '../../../../../src/targets/compose/engine/command/engine-faults.ts';

it.each<[string, boolean]>([
  ['Error response from daemon: transport is closing: unavailable', true],
  [
    'Error response from daemon: cannot stop container: d2: tried to kill container, but did not receive an exit event',
    true,
  ],
  ['Error response from daemon: Could not kill running container d2, cannot remove - tried to kill it', true],
  ['Error response from daemon: You cannot remove a running container d2. Stop the container before', true],
  ['Error response from daemon: removal of container d2 is already in progress', true],
  ['Error response from daemon: task 4cc32b7b6db3: already exists: unknown', true],
  ['OCI runtime create failed: container with id exists: 4cc32b7b6db3: unknown', true],
  ['failed to start shim: mkdir /run/containerd/io.containerd.runtime.v2.task/moby/4cc: file exists', true],
  ['Error response from daemon: id already in use', true],
  ['id already in use', true],
  // Faults of the version: a name that is taken, a file where a folder is to be mounted.
  [
    'Error response from daemon: Conflict. The container name "/a" is already in use by container "4cc32b7"',
    false,
  ],
  [
    'Error response from daemon: could not select device driver: gpu id already in use by another container',
    false,
  ],
  ["error while creating mount source path '/srv/data': mkdir /srv/data: file exists", false],
  // The engine has a containerd, and what the container needs refuses it.
  [
    'Error response from daemon: failed to create task for container: failed to initialize logging driver: dial tcp 127.0.0.1:514: connect: connection refused',
    false,
  ],
  [
    'failed to initialize logging driver: unable to connect or authenticate with Google Cloud Logging: rpc error: code = Unavailable desc = connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:443: connect: connection refused"',
    false,
  ],
])('%s: a fault of the engine: %s', (said, isFault) => {
  expect(isFaultOfEngine(said)).toBe(isFault);
});

it('knows by the words that a process runs of which the engine has not heard', () => {
  expect(runsUnheardOf('id already in use')).toBe(true);
  expect(runsUnheardOf('task 4cc32b7b6db3: already exists: unknown')).toBe(false);
});
