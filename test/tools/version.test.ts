import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TOOLS } from '../../tools/catalogue.ts';
import { acceptedRange, versionOf } from '../../tools/sources/version.ts';
import { temporaryFolder, writeProgram } from './surroundings.ts';

test.each([
  ['temporal', 'temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)', '1.9.1'],
  ['etcd', 'etcd Version: 3.6.8\nGit SHA: Not provided\nGo Version: go1.26.8', '3.6.8'],
  ['kube-apiserver', 'Kubernetes v1.36.3', '1.36.3'],
  ['kube-controller-manager', 'Kubernetes v1.36.3', '1.36.3'],
  ['kubectl', 'Client Version: v1.36.4\nKustomize Version: v5.8.1', '1.36.4'],
] as const)('reads what %s prints', async (name, output, version) => {
  const program = await writeProgram(join(await temporaryFolder(), name), `echo '${output}'`);
  expect(await versionOf(program, TOOLS[name])).toEqual({ version });
});

test.each([
  ['temporal', 'temporal version 1.8.3 (Server 1.31.0)', 'is version 1.8.3, accepted is 1.9 or newer'],
  ['etcd', 'etcd Version: 3.5.30', 'is version 3.5.30, accepted is 3.6 or newer'],
  ['etcd', 'etcd Version: 4.0.0', 'is version 4.0.0, accepted is 3.6 or newer'],
  ['kube-apiserver', 'Kubernetes v1.37.0', 'is version 1.37.0, accepted is 1.36.x'],
  ['kube-controller-manager', 'Kubernetes v0.0.0-master+$Format:%H$', 'is version 0.0.0, accepted is 1.36.x'],
  ['kubectl', 'Client Version: v1.32.4', 'is version 1.32.4, accepted is 1.35 to 1.37'],
] as const)('refuses %s that says "%s"', async (name, output, problem) => {
  const program = await writeProgram(join(await temporaryFolder(), name), `echo '${output}'`);
  expect(await versionOf(program, TOOLS[name])).toEqual({ problem });
});

test('names the accepted range of every tool', () => {
  expect(
    Object.fromEntries(Object.entries(TOOLS).map(([name, entry]) => [name, acceptedRange(entry)])),
  ).toEqual({
    docker: '20.10 or newer',
    dockerd: '20.10 or newer',
    'docker-registry': '2.7 or newer',
    'docker-compose': '2.20 or newer',
    temporal: '1.9 or newer',
    etcd: '3.6 or newer',
    'kube-apiserver': '1.36.x',
    'kube-controller-manager': '1.36.x',
    kubectl: '1.35 to 1.37',
    prometheus: '2.42 or newer',
    promtool: '2.42 or newer',
  });
});
