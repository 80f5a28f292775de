import { describe, expect, it } from 'vitest';
import {
  causeOfPull,
  isRefusedByRegistry,
} from '../../../../../src/targets/kubernetes/rollout/wait-states/failed-pull.ts';

const IMAGE = 'registry.example/phoenix-orch:v0.1.0';
const CONTAINERD = `rpc error: code = Unknown desc = failed to pull and unpack image "${IMAGE}": failed to resolve reference "${IMAGE}": `;
const BACK_OFF = `Back-off pulling image "${IMAGE}": ErrImagePull: `;
const URL = 'https://registry.example/v2/phoenix-orch/manifests/v0.1.0';

describe('the cause of a failed pull', () => {
  it.each([
    [`${BACK_OFF}${CONTAINERD}${IMAGE}: not found`, `${IMAGE}: not found`],
    [
      `rpc error: code = Unknown desc = failed to pull and unpack image "${IMAGE}": failed to copy: httpReadSeeker: failed open: unexpected status code ${URL}: 429 Too Many Requests`,
      `unexpected status code ${URL}: 429 Too Many Requests`,
    ],
    ['Error response from daemon: manifest unknown', 'manifest unknown'],
    [`Back-off pulling image "${IMAGE}"`, `Back-off pulling image "${IMAGE}"`],
    ['something odd', 'something odd'],
  ])('of %j', (message, cause) => {
    expect(causeOfPull(message)).toBe(cause);
  });
});

describe('K15 a registry that says no', () => {
  it.each([
    ['containerd: no such tag', `${CONTAINERD}${IMAGE}: not found`],
    ['the same in a back-off', `${BACK_OFF}${CONTAINERD}${IMAGE}: not found`],
    ['gRPC code', `rpc error: code = NotFound desc = failed to pull and unpack image "${IMAGE}"`],
    [
      'containerd: private or missing',
      `${CONTAINERD}pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed`,
    ],
    ['containerd: 401', `${CONTAINERD}unexpected status from HEAD request to ${URL}: 401 Unauthorized`],
    ['containerd: 403', `${CONTAINERD}unexpected status from HEAD request to ${URL}: 403 Forbidden`],
    [
      'containerd: token',
      `${CONTAINERD}failed to authorize: failed to fetch oauth token: unexpected status from POST request to https://auth.example/token: 401 Unauthorized`,
    ],
    [
      'ECR without credentials',
      `${CONTAINERD}pulling from host 1.dkr.ecr.eu-west-1.amazonaws.com failed: no basic auth credentials`,
    ],
    ['CRI-O', `reading manifest v0.1.0 in registry.example/phoenix-orch: manifest unknown`],
    [
      'CRI-O: name',
      `reading manifest v0.1.0 in registry.example/phoenix-orch: name unknown: repository not found`,
    ],
    [
      'CRI-O: credentials',
      'unable to retrieve auth token: invalid username/password: unauthorized: incorrect username or password',
    ],
    [
      'dockerd',
      'Error response from daemon: manifest for registry.example/phoenix-orch:v0.1.0 not found: manifest unknown: manifest unknown',
    ],
    ['dockerd: denied', 'Error response from daemon: denied: requested access to the resource is denied'],
    ['another platform', `${CONTAINERD}no match for platform in manifest: not found`],
  ])('%s', (_who, message) => {
    expect(isRefusedByRegistry(message, IMAGE)).toBe(true);
  });

  it.each([
    'registry.example/timeout-proxy:503',
    'registry.example/toomanyrequests/tls:v1',
    'tls-unavailable:v1',
    'registry.example/x:v0.1.0-unavailable',
  ])('of an image with the name %s', (image) => {
    const message = `failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`;
    expect(isRefusedByRegistry(message, image)).toBe(true);
    expect(isRefusedByRegistry(`reading manifest ${image.split(':')[1]} in x: manifest unknown`, image)).toBe(
      true,
    );
  });
});

describe('K15 what may pass', () => {
  it.each([
    [
      'Docker Hub limits pulls',
      `${CONTAINERD}unexpected status from HEAD request to ${URL}: 429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit`,
    ],
    [
      'a limit that says denied',
      `${CONTAINERD}denied: Quota exceeded for quota metric 'Requests per project per region'`,
    ],
    ['a limit that says forbidden', `${CONTAINERD}429 Too Many Requests: access forbidden for a minute`],
    ['GHCR', 'toomanyrequests: retry-after: 1.2ms, allowed: 44000/minute'],
    ['ECR', 'toomanyrequests: Rate exceeded'],
    ['503', `${CONTAINERD}unexpected status from HEAD request to ${URL}: 503 Service Unavailable`],
    ['500', `${CONTAINERD}unexpected status from GET request to ${URL}: 500 Internal Server Error`],
    ['502 with a page that says not found', `${CONTAINERD}502 Bad Gateway: upstream not found`],
    [
      'a token server that is down',
      `${CONTAINERD}failed to fetch anonymous token: unexpected status: 503 Service Unavailable`,
    ],
    ['time-out', `${CONTAINERD}failed to do request: Head "${URL}": dial tcp 10.0.0.1:443: i/o timeout`],
    ['deadline', 'rpc error: code = DeadlineExceeded desc = context deadline exceeded'],
    [
      'dockerd: time-out',
      `Get "${URL}": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)`,
    ],
    ['TLS', `${CONTAINERD}failed to do request: Head "${URL}": net/http: TLS handshake timeout`],
    [
      'certificate',
      `${CONTAINERD}tls: failed to verify certificate: x509: certificate has expired or is not yet valid`,
    ],
    [
      'DNS',
      `${CONTAINERD}failed to do request: Head "${URL}": dial tcp: lookup registry.example on 10.0.0.10:53: no such host`,
    ],
    ['DNS server', 'dial tcp: lookup registry.example: server misbehaving'],
    ['musl', 'lookup registry.example: host not found'],
    ['refused', `dial tcp 10.0.0.1:443: connect: connection refused`],
    ['reset', `read tcp 10.0.0.2:4->10.0.0.1:443: read: connection reset by peer`],
    ['a policy of the network', 'dial tcp 10.0.0.1:443: connect: permission denied'],
    ['EOF', `failed to copy: httpReadSeeker: failed open: failed to do request: Get "${URL}": EOF`],
    ['a full disk', 'failed to extract layer: write /var/lib/containerd/x: no space left on device'],
    [
      'a credential helper',
      'error getting credentials - err: exec: "docker-credential-ecr-login": executable file not found in $PATH',
    ],
    [
      'a mirror that says no before a limit',
      '(Mirrors also failed: [mirror/x: reading manifest: unauthorized]): toomanyrequests',
    ],
    ['back-off alone', `Back-off pulling image "${IMAGE}"`],
    ['nothing', ''],
    ['unknown words', 'rpc error: code = Unknown desc = something odd'],
  ])('%s', (_what, message) => {
    expect(isRefusedByRegistry(message, IMAGE)).toBe(false);
    expect(isRefusedByRegistry(`${BACK_OFF}${message}`, IMAGE)).toBe(false);
  });

  it('an image whose name says no', () => {
    const image = 'registry.example/denied/not-found:unauthorized';
    expect(isRefusedByRegistry(`failed to pull "${image}": ${image}: i/o timeout`, image)).toBe(false);
    expect(isRefusedByRegistry(`Back-off pulling image "${image}"`, image)).toBe(false);
  });
});
