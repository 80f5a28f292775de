import { describe, expect, it } from 'vitest';
import { parseReference } from '../../../src/registry/index.ts';

const HUB = 'registry-1.docker.io';
const HEX = '0123456789abcdef'.repeat(4);
const DIGEST = `sha256:${HEX}`;

describe('an image reference', () => {
  it.each<[string, string, string, object?]>([
    ['nginx', HUB, 'library/nginx'],
    ['nginx:1.27', HUB, 'library/nginx', { tag: '1.27' }],
    ['grafana/loki', HUB, 'grafana/loki'],
    ['a/b/c:x', HUB, 'a/b/c', { tag: 'x' }],
    ['docker.io/nginx', HUB, 'library/nginx'],
    ['docker.io/library/nginx', HUB, 'library/nginx'],
    ['index.docker.io/grafana/loki:3', HUB, 'grafana/loki', { tag: '3' }],
    ['docker.io/grafana/loki', HUB, 'grafana/loki'],
    ['localhost/app', 'localhost', 'app'],
    ['localhost:5000/app:1', 'localhost:5000', 'app', { tag: '1' }],
    ['127.0.0.1:5000/phoenix/orchestrator:0.1.0', '127.0.0.1:5000', 'phoenix/orchestrator', { tag: '0.1.0' }],
    ['[::1]:5000/app', '[::1]:5000', 'app'],
    ['[fd00::1]/app:v1', '[fd00::1]', 'app', { tag: 'v1' }],
    ['ghcr.io/owner/app', 'ghcr.io', 'owner/app'],
    ['registry:5000/app', 'registry:5000', 'app'],
    ['Registry/app', 'Registry', 'app'],
    ['r.example/app:v1_2.3-rc', 'r.example', 'app', { tag: 'v1_2.3-rc' }],
    [`r.example/app@${DIGEST}`, 'r.example', 'app', { digest: DIGEST }],
    [`r.example:1/app:v1@${DIGEST}`, 'r.example:1', 'app', { tag: 'v1', digest: DIGEST }],
    [`nginx@sha512:${HEX}${HEX}`, HUB, 'library/nginx', { digest: `sha512:${HEX}${HEX}` }],
    ['a__b/c-d--e.f/g_h', HUB, 'a__b/c-d--e.f/g_h'],
    [`app:${'t'.repeat(128)}`, HUB, 'library/app', { tag: 't'.repeat(128) }],
    [HEX.slice(1), HUB, `library/${HEX.slice(1)}`],
  ])('%s is of %s, %s', (image, registry, repository, more = {}) => {
    expect(parseReference(image)).toEqual({ registry, repository, ...more });
  });

  it.each([
    ['nothing', ''],
    ['a space', 'nginx latest'],
    ['a newline behind it', 'nginx:1\n'],
    ['a capital letter in the repository', 'ghcr.io/Owner/app'],
    ['a capital letter alone', 'Nginx'],
    ['an empty tag', 'nginx:'],
    ['a tag that is too long', `app:${'t'.repeat(129)}`],
    ['a tag that begins with a dot', 'app:.1'],
    ['an empty part', 'a//b'],
    ['a slash at the end', 'ghcr.io/'],
    ['a slash at the start', '/app'],
    ['a part that leads upwards', 'ghcr.io/a/../b'],
    ['three underscores', 'a___b'],
    ['a variable that nobody replaced', 'repo:$TAG'],
    ['a URL', 'https://ghcr.io/owner/app'],
    ['a user in front of the host', 'me@ghcr.io/app'],
    ['a short digest', 'app@sha256:abc'],
    ['a digest in capitals', `app@sha256:${HEX.toUpperCase()}`],
    ['a digest of an unknown algorithm', `app@md5:${HEX}`],
    ['two digests', `app@${DIGEST}@${DIGEST}`],
    ['an image id', DIGEST],
    ['an image id without its algorithm', HEX],
    ['a port that cannot be', 'r.example:70000/app'],
    ['a host that cannot be', '1.2.3.999/app'],
    ['an address without its end', '[::1/app'],
    ['a name over 255 characters', `r.example/${'a'.repeat(250)}`],
    ['a megabyte', 'a'.repeat(1024 * 1024)],
  ])('has not %s', (_, image) => {
    expect(parseReference(image)).toBeUndefined();
  });
});
