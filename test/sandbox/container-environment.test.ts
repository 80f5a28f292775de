import { describe, expect, it } from 'vitest';
import type { KubernetesApi } from '../../sandbox/control-plane/api.ts';
import { containerEnvironment } from '../../sandbox/node-agent/container-environment.ts';

const OBJECTS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'configmaps/config': { 'config.toml': 'a = 1', other: 'b' },
  'secrets/secret': { password: Buffer.from('hunter2').toString('base64') },
};

/** An API server that has these objects. */
const api = {
  call: async (_method: string, path: string) => {
    const data = OBJECTS[path.split('/').slice(-2).join('/')];
    return data ? { status: 200, body: { data } } : { status: 404, body: {} };
  },
} as unknown as KubernetesApi;

function seen(volume: object, mount: object) {
  const pod = {
    metadata: { namespace: 'space' },
    spec: {
      volumes: [{ name: 'one', ...volume }],
      containers: [{ volumeMounts: [{ name: 'one', mountPath: '/app/data', ...mount }] }],
    },
  };
  return containerEnvironment(api, pod, '127.0.0.1');
}

describe('the files of a container', () => {
  it.each<[string, object, object, object]>([
    [
      'the keys of a ConfigMap',
      { configMap: { name: 'config' } },
      {},
      { '/app/data/config.toml': 'a = 1', '/app/data/other': 'b' },
    ],
    [
      'those that are picked out, under their own names',
      { configMap: { name: 'config', items: [{ key: 'other', path: 'sub/name' }] } },
      {},
      { '/app/data/sub/name': 'b' },
    ],
    [
      'one of them as a file by itself',
      { configMap: { name: 'config' } },
      { mountPath: '/etc/file.toml', subPath: 'config.toml' },
      { '/etc/file.toml': 'a = 1' },
    ],
    ['the keys of a Secret', { secret: { secretName: 'secret' } }, {}, { '/app/data/password': 'hunter2' }],
    [
      'what a projection puts together',
      { projected: { sources: [{ configMap: { name: 'config' } }, { secret: { name: 'secret' } }] } },
      {},
      { '/app/data/config.toml': 'a = 1', '/app/data/other': 'b', '/app/data/password': 'hunter2' },
    ],
    ['nothing of an optional one that is not there', { configMap: { name: 'none', optional: true } }, {}, {}],
    ['nothing of a volume without config', { emptyDir: {} }, {}, {}],
  ])('are %s', async (_what, volume, mount, files) => {
    expect(await seen(volume, mount)).toEqual({ env: {}, files });
  });

  it('are waited for, and named in an event, where an object is not there', async () => {
    const missing = { projected: { sources: [{ secret: { name: 'none' } }] } };
    expect(await seen(missing, {})).toMatchObject({
      reason: 'ContainerCreating',
      event: { reason: 'FailedMount', message: expect.stringContaining('secret "none" not found') },
    });
  });
});
