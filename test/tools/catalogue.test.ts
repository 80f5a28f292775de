import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { COMPOSE_TOOL_NAMES, PROMETHEUS_TOOL_NAMES, TOOL_NAMES, TOOLS } from '../../tools/catalogue.ts';
import { CHECKSUMS } from '../../tools/checksums.ts';

const ROOM = join(import.meta.dirname, '../../tools');

test.each([
  ['k8s.io/kubernetes', 'kube-apiserver'],
  ['k8s.io/kubernetes', 'kube-controller-manager'],
  ['k8s.io/kubernetes', 'kubectl'],
  ['go.etcd.io/etcd/server/v3', 'etcd'],
  ['github.com/docker/compose/v2', 'docker-compose'],
] as const)('the Go module %s is pinned in the version of %s', async (module, tool) => {
  const goMod = await readFile(join(ROOM, TOOLS[tool].go?.folder ?? '', 'go.mod'), 'utf8');
  const version = new RegExp(`^\\s*(?:require )?${module.replaceAll('.', '\\.')} v(\\S+)`, 'm').exec(
    goMod,
  )?.[1];
  expect(version).toBe(TOOLS[tool].version);
  expect(TOOLS[tool].go?.package.startsWith(module)).toBe(true);
});

test.each(TOOL_NAMES.filter((name) => TOOLS[name].wheel))(
  'the wheel of %s is pinned by version and by a hash for each system and processor, and fits the accepted range',
  async (name) => {
    const { wheel, oldest, newest } = TOOLS[name];
    const text = await readFile(join(ROOM, wheel?.folder ?? '', 'requirements.txt'), 'utf8');
    const requirements = text.split('\n').filter((line) => /^[a-z]/.test(line));
    expect(requirements).toHaveLength(1);
    const [, major, minor] = /==(\d+)\.(\d+)\.\d+ \\$/.exec(requirements[0] ?? '') ?? [];
    expect(Number(major)).toBe(oldest[0]);
    expect(Number(minor)).toBeGreaterThanOrEqual(oldest[1]);
    expect(Number(minor)).toBeLessThanOrEqual(newest[1]);
    expect(new Set(text.match(/--hash=sha256:[0-9a-f]{64}\b/g)).size).toBe(4);
  },
);

test.each([...TOOL_NAMES, ...PROMETHEUS_TOOL_NAMES, 'docker-compose'] as const)(
  '%s has an official download for Linux on both processors',
  (name) => {
    for (const arch of ['x64', 'arm64'] as const) {
      const download = TOOLS[name].download('linux', arch);
      expect(download?.path).toContain(`v${TOOLS[name].version}/`);
      expect(download?.checksumPath).not.toBe(download?.path);
    }
    expect(TOOLS[name].download('win32', 'x64')).toBeUndefined();
  },
);

test('every pinned checksum belongs to a download', () => {
  const pinned = [...TOOL_NAMES, ...COMPOSE_TOOL_NAMES, ...PROMETHEUS_TOOL_NAMES]
    .flatMap((name) =>
      (['linux', 'darwin'] as const).flatMap((os) =>
        (['x64', 'arm64'] as const).map((arch) => TOOLS[name].download(os, arch)?.sha256),
      ),
    )
    .filter(Boolean);
  expect(pinned.sort()).toEqual(Object.values(CHECKSUMS).sort());
});

test.each([
  ['docker', 'Docker version 28.2.2, build e6534b4'],
  ['docker', 'Docker version 20.10.24+dfsg1, build 297e128'],
  ['dockerd', 'Docker version 20.10.24+dfsg1, build 5d6db84'],
  ['docker-registry', 'docker-registry github.com/docker/distribution 2.8.2+ds1'],
  ['docker-registry', 'registry github.com/distribution/distribution/v3 v3.0.0'],
  ['docker-compose', 'Docker Compose version v2.40.3'],
  ['docker-compose', 'Docker Compose version 2.26.1-4'],
  ['docker-compose', 'docker-compose version 1.29.2, build unknown'],
  ['prometheus', 'prometheus, version 2.42.0+ds (branch: debian/sid, revision: 2.42.0+ds-5+deb12u1)'],
  ['promtool', 'promtool, version 2.53.4 (branch: HEAD, revision: 5c2f2d2ff7b0a2a7c1f7f3b2bd5e1d0b1d5b6cbb)'],
] as const)('the version of %s is read in "%s"', (name, output) => {
  const [, ...numbers] = TOOLS[name].versionPattern.exec(output) ?? [];
  expect(numbers.join('.')).toBe(/\d+\.\d+\.\d+/.exec(output)?.[0]);
});

test('what only the host can bring has no download, wheel or build, and the hint names its package', () => {
  for (const name of COMPOSE_TOOL_NAMES.filter((name) => name !== 'docker-compose')) {
    const { wheel, go, download, hint } = TOOLS[name];
    expect([wheel, go, download('linux', 'x64')]).toEqual([undefined, undefined, undefined]);
    expect(hint).toMatch(/Debian package docker/);
  }
});
