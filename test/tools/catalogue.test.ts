import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TOOL_NAMES, TOOLS } from '../../tools/catalogue.ts';
import { CHECKSUMS } from '../../tools/checksums.ts';

const ROOM = join(import.meta.dirname, '../../tools');
const goMod = await readFile(join(ROOM, 'kubernetes', 'go.mod'), 'utf8');

test.each([
  ['k8s.io/kubernetes', 'kube-apiserver'],
  ['k8s.io/kubernetes', 'kube-controller-manager'],
  ['k8s.io/kubernetes', 'kubectl'],
  ['go.etcd.io/etcd/server/v3', 'etcd'],
] as const)('the Go module %s is pinned in the version of %s', (module, tool) => {
  const version = new RegExp(`^\\s*(?:require )?${module.replaceAll('.', '\\.')} v(\\S+)`, 'm').exec(
    goMod,
  )?.[1];
  expect(version).toBe(TOOLS[tool].version);
  expect(TOOLS[tool].goPackage?.startsWith(module)).toBe(true);
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

test.each(TOOL_NAMES)('%s has an official download for Linux on both processors', (name) => {
  for (const arch of ['x64', 'arm64'] as const) {
    const download = TOOLS[name].download('linux', arch);
    expect(download?.path).toContain(`v${TOOLS[name].version}/`);
    expect(download?.checksumPath).not.toBe(download?.path);
  }
  expect(TOOLS[name].download('win32', 'x64')).toBeUndefined();
});

test('every pinned checksum belongs to a download', () => {
  const pinned = TOOL_NAMES.flatMap((name) =>
    (['linux', 'darwin'] as const).flatMap((os) =>
      (['x64', 'arm64'] as const).map((arch) => TOOLS[name].download(os, arch)?.sha256),
    ),
  ).filter(Boolean);
  expect(pinned.sort()).toEqual(Object.values(CHECKSUMS).sort());
});
