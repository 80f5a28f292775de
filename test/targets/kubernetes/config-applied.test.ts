import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deployment, imageOf } from '../../../sandbox/manifests.ts';
import { aSecondLater } from '../../worlds/a-second-later.ts';
import { BAD, COPY, GOOD, prove } from './config-service.ts';
import { realKubectl } from './real-kubectl.ts';
import { openWorld, type Service } from './world.ts';

const { cluster, service } = openWorld({ instantReady: true, concurrent: true });

/** A manifest that refers to its ConfigMap wherever a template can. */
function manifestOf({ namespace }: Service, version: string) {
  const { apiPort, metricsPort } = cluster().node;
  const made = deployment({ namespace, image: imageOf(version), replicas: 1, apiPort, metricsPort });
  const { spec } = made.spec.template;
  const name = 'app-config';
  const key = { configMapKeyRef: { name, key: 'config.toml' } };
  const [container] = spec.containers;
  const own = {
    env: [...container.env, { name: 'CONFIG', valueFrom: key }],
    envFrom: [{ configMapRef: { name } }],
    volumeMounts: [
      { name: 'config', mountPath: '/app/data' },
      { name: 'together', mountPath: '/app/more' },
    ],
  };
  spec.containers = [{ ...container, ...own }];
  spec.initContainers = [{ name: 'prepare', image: container.image, ...own }];
  spec.volumes = [
    { name: 'config', configMap: { name } },
    { name: 'together', projected: { sources: [{ configMap: { name } }] } },
  ];
  return made;
}

/** The real command, with a release and its config in one file each; what it says. */
async function applied(of: Service, version: string, data: object, how = '') {
  const place = join(dirname(of.profile.kubeconfig ?? ''), of.namespace);
  const config = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'app-config' }, data };
  const release = manifestOf(of, version);
  for (const [file, content] of Object.entries({ config, release })) {
    await writeFile(`${place}-${file}.json`, JSON.stringify(content));
  }
  const command = (file: string) =>
    realKubectl(
      cluster(),
      `kubectl -n ${of.namespace} apply ${how} -f ${place}-${file}.json`.replace(/ {2}/, ' '),
    );
  const first = await command('config');
  if (first.code !== 0) throw new Error(first.output);
  await aSecondLater();
  const second = await command('release');
  if (second.code === 0) await cluster().complete(of.namespace, 'master-orchestrator');
  return second;
}

const configIn = async (of: Service) => [
  ...new Set(JSON.stringify((await of.live()).spec.template).match(/[\w-]+-config(-\d+)?(?=")/g)),
];

async function rolledBack(how: string): Promise<Service> {
  const of = await service([]);
  await applied(of, 'v0.1.0', GOOD, how);
  await prove(of);
  await applied(of, 'v0.2.0', BAD, how);
  await of.rollBack({ kind: 'known-good' });
  expect(await configIn(of)).toEqual([COPY]);
  return of;
}

describe.concurrent('kubectl apply of the next release after config came back', () => {
  it.each([
    ['by the client', '', ''],
    ['on the server', '--server-side', '--server-side --force-conflicts'],
  ])('leaves no reference to a copy of ours, merged %s', async (_where, before, next) => {
    const of = await rolledBack(before);
    expect(await applied(of, 'v0.1.1', GOOD, next)).toMatchObject({ code: 0 });
    expect(await configIn(of)).toEqual(['app-config']);
  });

  it('conflicts on the server where nobody takes the fields over, as the plan has said, and changes nothing', async () => {
    const of = await rolledBack('--server-side');
    const refused = await applied(of, 'v0.1.1', GOOD, '--server-side');
    expect(refused).toMatchObject({ code: 1, output: expect.stringContaining('--force-conflicts') });
    expect(await configIn(of)).toEqual([COPY]);
  });
});
