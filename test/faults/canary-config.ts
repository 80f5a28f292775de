import type { KubernetesApi, KubernetesObject } from '../../sandbox/control-plane/api.ts';
import { MERGE_PATCH } from '../../sandbox/control-plane/api.ts';
import { contentHash } from '../../src/targets/kubernetes/config/content.ts';
import type { Canary } from './canary-search.ts';

/** Where a template can refer to a Secret, each to one of its own. */
const PLACES = ['env', 'envFrom', 'volume', 'projected', 'init container'] as const;
const nameOf = (place: string) => `secret-${place.toLowerCase().replace(' ', '-')}`;
const CONFIG_MAP = 'app-config';

/**
 * Writes Secrets with a canary each, and a ConfigMap that holds some where only their names tell.
 * @param plant makes a canary. Of a Secret its plain hash is one too: whoever has it can try values.
 */
export async function writeCanaryConfig(
  api: KubernetesApi,
  namespace: string,
  version: string,
  plant: (place: string) => Canary,
): Promise<readonly Canary[]> {
  const core = `/api/v1/namespaces/${namespace}`;
  const put = async (collection: string, name: string, content: object) => {
    const { status } = await api.call('GET', `${core}/${collection}/${name}`);
    if (status === 404) await api.must('POST', `${core}/${collection}`, { metadata: { name }, ...content });
    else await api.must('PATCH', `${core}/${collection}/${name}`, content, MERGE_PATCH);
  };
  const hashes = await Promise.all(
    PLACES.map(async (place) => {
      const { value } = plant(`Secret of ${version}, ${place}`);
      const data = { VALUE: Buffer.from(value).toString('base64') };
      await put('secrets', nameOf(place), { data });
      const hash = contentHash({ data });
      return { place: `plain hash of the Secret of ${version}, ${place}`, value: hash, traces: [hash] };
    }),
  );
  const [key, password, user] = ['api_key', 'password', 'user of an address'].map(
    (what) => plant(`ConfigMap of ${version}, ${what}`).value,
  );
  await put('configmaps', CONFIG_MAP, {
    data: {
      'config.toml': `model = "of-${version}"\n[llm]\napi_key = "${key}"\n`,
      DB_PASSWORD: password,
      UPSTREAM: `postgres://${encodeURIComponent(user ?? '')}:${encodeURIComponent(user ?? '')}@db/orders`,
    },
  });
  return hashes;
}

/** What a template has beside, so that it refers to all of them. */
export function referringTo(container: KubernetesObject): KubernetesObject {
  const value = { valueFrom: { secretKeyRef: { name: nameOf('env'), key: 'VALUE' } } };
  return {
    containers: [
      {
        ...container,
        env: [...container.env, { name: 'FROM_SECRET', ...value }],
        envFrom: [{ secretRef: { name: nameOf('envFrom') } }, { configMapRef: { name: CONFIG_MAP } }],
        volumeMounts: [
          { name: 'one', mountPath: '/secret' },
          { name: 'together', mountPath: '/projected' },
        ],
      },
    ],
    initContainers: [
      {
        name: 'prepare',
        image: container.image,
        envFrom: [{ secretRef: { name: nameOf('init container') } }],
      },
    ],
    volumes: [
      { name: 'one', secret: { secretName: nameOf('volume') } },
      { name: 'together', projected: { sources: [{ secret: { name: nameOf('projected') } }] } },
    ],
  };
}

/** What is seen of objects without their values. */
export function namesAndMarks(items: readonly KubernetesObject[]): string {
  return JSON.stringify(items.map(({ data: _data, binaryData: _binary, ...rest }) => rest));
}

/** Copies of the Secrets, as far as they are kept. */
export async function keptSecrets(
  api: KubernetesApi,
  namespace: string,
): Promise<readonly KubernetesObject[]> {
  const { items } = await api.must('GET', `/api/v1/namespaces/${namespace}/secrets`);
  return items.filter(({ metadata }: KubernetesObject) => /-secret-\d+$/.test(metadata.name));
}
