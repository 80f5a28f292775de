import { describe, expect, it } from 'vitest';
import {
  engineError,
  unquotedError,
} from '../../../../../src/targets/compose/engine/command/engine-error.ts';

const failed = (stderr: string, stdout = '') => ({ code: 1, stdout, stderr });

describe('what docker, Compose and registries say', () => {
  it.each<[string, string, boolean]>([
    ['Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?', 'Unreachable', true],
    ['error during connect: Get "http://10.0.0.7:2375/": dial tcp: i/o timeout', 'Unreachable', true],
    ['permission denied while trying to connect to the Docker daemon socket', 'AccessDenied', false],
    [
      'Error response from daemon: Get "http://127.0.0.1:5000/v2/": dial tcp 127.0.0.1:5000: connect: connection refused',
      'Unreachable',
      true,
    ],
    [
      'Error response from daemon: manifest for a/b@sha256:1 not found: manifest unknown: manifest unknown',
      'ImageMissing',
      false,
    ],
    ['Error response from daemon: No such image: a:v1', 'ImageMissing', false],
    [
      'Error response from daemon: pull access denied for a, repository does not exist or may require authorization: denied: requested access to the resource is denied',
      'AccessDenied',
      false,
    ],
    ['unauthorized: authentication required', 'AccessDenied', false],
    ['toomanyrequests: You have reached your pull rate limit', 'Unreachable', true],
    ['Error response from daemon: 429 Too Many Requests: denied: requested access', 'Unreachable', true],
    ["denied: requested access: Quota exceeded for quota metric 'Requests'", 'Unreachable', true],
    ['write /var/lib/docker/x: disk quota exceeded', 'FileNotWritten', true],
    ['failed to register layer: write /usr/bin/node: no space left on device', 'FileNotWritten', true],
    ['mkdir /var/lib/docker/tmp: read-only file system', 'FileNotWritten', false],
    ['context "nowhere" does not exist', 'InvalidConfig', false],
    [
      'Error response from daemon: connection error: desc = "transport: Error while dialing dial unix /run/containerd/containerd.sock: connect: connection refused": unavailable',
      'Unreachable',
      true,
    ],
    ['Error response from daemon: transport is closing: unavailable', 'Unreachable', true],
    ['Error response from daemon: error reading from server: EOF: unavailable', 'Unreachable', true],
    [
      'Error response from daemon: cannot stop container: d2: container d2 PID 7 is zombie and can not be killed. Use the --init option',
      'Unreachable',
      true,
    ],
    ['something that nobody has seen before', 'RolloutFailed', false],
  ])('%s', (stderr, type, retryable) => {
    expect(engineError('it failed', failed(stderr), 'RolloutFailed')).toMatchObject({ type, retryable });
  });

  it('is repeated in one capped line without secrets, or by its exit code when nothing is said', () => {
    const text = `first\n${'x'.repeat(2000)}\npassword=hunter2hunter2`;
    const { message } = engineError('pull failed', failed(text));
    expect(message).toMatch(/^pull failed: first x+…$/);
    expect(message.length).toBeLessThan(340);
    expect(engineError('pull failed', failed('token: abcdef1234567890')).message).not.toContain('abcdef');
    expect(engineError('pull failed', failed('')).message).toBe('pull failed: exit code 1');
  });
});

it.each([
  'unexpected character "!" in variable name "hunter2 s3cr3t!"',
  'failed to read app.env: line 3: unterminated quoted value "Uid=sa Pwd=hunter2',
  "yaml: line 4: could not find expected ':' near 'hunter2'",
])('a complaint about a file does not repeat what stands in it: %s', (stderr) => {
  const { message, type } = unquotedError(
    'Compose refuses the files',
    failed(stderr),
    'ComposeFileUnsupported',
  );
  expect(type).toBe('ComposeFileUnsupported');
  expect(message).not.toMatch(/hunter2|s3cr3t|Uid/);
  expect(message).toMatch(/variable name|line \d/);
});
