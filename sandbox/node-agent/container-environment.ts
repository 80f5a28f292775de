import type { KubernetesApi, KubernetesObject } from '../control-plane/api.ts';

/** What a kubelet says in an event. */
export interface PodEvent {
  readonly reason: string;
  readonly message: string;
}

/** What a kubelet needs before it can start a container, or why it cannot. */
export type ContainerEnvironment =
  | {
      readonly env: Readonly<Record<string, string>>;
      /** What volumes put into its file system, by path. */
      readonly files: Readonly<Record<string, string>>;
    }
  /** `CreateContainerConfigError` for the environment; for a volume that cannot be mounted an event alone says why. */
  | { readonly reason: string; readonly message: string; readonly event?: PodEvent };

const FAILED_MOUNT = 'FailedMount';

type Lookup = (kind: 'configmaps' | 'secrets', name: string) => Promise<Record<string, string> | undefined>;

/** Reads the ConfigMaps and Secrets that the first container and the volumes of a pod refer to. */
export async function containerEnvironment(
  api: KubernetesApi,
  pod: KubernetesObject,
  address: string,
): Promise<ContainerEnvironment> {
  const lookup: Lookup = async (kind, name) => {
    const { status, body } = await api.call(
      'GET',
      `/api/v1/namespaces/${pod.metadata.namespace}/${kind}/${name}`,
    );
    if (status === 404) return undefined;
    const decode = ([key, value]: [string, unknown]) =>
      [key, kind === 'secrets' ? Buffer.from(String(value), 'base64').toString() : String(value)] as const;
    return Object.fromEntries(Object.entries(body.data ?? {}).map(decode));
  };
  const env: Record<string, string> = {};
  const container = pod.spec.containers[0];
  const files: Record<string, string> = {};
  try {
    for (const volume of pod.spec.volumes ?? []) {
      const held = await needVolume(volume, lookup);
      const mounts = (container.volumeMounts ?? []).filter(
        ({ name }: KubernetesObject) => name === volume.name,
      );
      for (const mount of mounts) Object.assign(files, mounted(held, mount));
    }
    for (const source of container.envFrom ?? []) {
      const values = await needAll(source.configMapRef ?? source.secretRef, !!source.secretRef, lookup);
      for (const [key, value] of Object.entries(values)) env[`${source.prefix ?? ''}${key}`] = value;
    }
    for (const { name, value, valueFrom } of container.env ?? []) {
      const found = valueFrom ? await needValue(valueFrom, pod, address, lookup) : (value ?? '');
      if (found !== undefined) env[name] = found;
    }
  } catch (error) {
    if (!(error instanceof MissingReference)) throw error;
    const { reason, message } = error;
    if (reason !== FAILED_MOUNT) return { reason, message };
    return { reason: 'ContainerCreating', message: '', event: { reason, message } };
  }
  return { env, files };
}

class MissingReference extends Error {
  readonly reason: string;

  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

async function needValue(
  from: KubernetesObject,
  pod: KubernetesObject,
  address: string,
  lookup: Lookup,
): Promise<string | undefined> {
  if (from.fieldRef) {
    const { fieldPath } = from.fieldRef as { fieldPath: string };
    if (fieldPath === 'status.podIP') return address;
    const [, field = ''] = /^metadata\.(name|namespace|uid)$/.exec(fieldPath) ?? [];
    return pod.metadata[field];
  }
  const reference = from.configMapKeyRef ?? from.secretKeyRef;
  if (!reference) return undefined;
  const values = await needAll(reference, !!from.secretKeyRef, lookup);
  if (values[reference.key] !== undefined || reference.optional) return values[reference.key];
  const message = `couldn't find key ${reference.key} in ${from.secretKeyRef ? 'Secret' : 'ConfigMap'} ${pod.metadata.namespace}/${reference.name}`;
  throw new MissingReference('CreateContainerConfigError', message);
}

async function needAll(
  reference: KubernetesObject,
  secret: boolean,
  lookup: Lookup,
): Promise<Record<string, string>> {
  const values = await lookup(secret ? 'secrets' : 'configmaps', reference.name);
  if (values || reference.optional) return values ?? {};
  const message = `${secret ? 'secret' : 'configmap'} "${reference.name}" not found`;
  throw new MissingReference('CreateContainerConfigError', message);
}

/** The files of a volume by their paths in it; none of a kind that holds no config. */
async function needVolume(volume: KubernetesObject, lookup: Lookup): Promise<Record<string, string>> {
  const sources = volume.projected?.sources ?? [volume];
  const files: Record<string, string> = {};
  for (const source of sources) {
    const reference = source.configMap ?? source.secret;
    // A volume names a Secret by `secretName`, a projection by `name`.
    const name = reference?.secretName ?? reference?.name;
    if (!name) continue;
    const [kind, object] = source.secret
      ? (['secrets', 'secret'] as const)
      : (['configmaps', 'configmap'] as const);
    const values = await lookup(kind, name);
    if (!values && !reference.optional) {
      throw new MissingReference(
        FAILED_MOUNT,
        `MountVolume.SetUp failed for volume "${volume.name}" : ${object} "${name}" not found`,
      );
    }
    const items: { key: string; path: string }[] =
      reference.items ?? Object.keys(values ?? {}).map((key) => ({ key, path: key }));
    for (const { key, path } of items) {
      const value = values?.[key];
      if (value !== undefined) files[path] = value;
    }
  }
  return files;
}

/** The files of a volume where a container has them. */
function mounted(
  held: Readonly<Record<string, string>>,
  { mountPath, subPath }: KubernetesObject,
): Readonly<Record<string, string>> {
  if (!subPath)
    return Object.fromEntries(Object.entries(held).map(([path, text]) => [`${mountPath}/${path}`, text]));
  const text = held[subPath];
  return text === undefined ? {} : { [mountPath]: text };
}
