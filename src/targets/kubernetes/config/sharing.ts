import { isStatus } from '../api/api-error.ts';
import type { ObjectMeta, RawObject, Resource } from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';
import { configName, configReferencesOf } from '../template/config-references.ts';
import { objectAt } from '../template/pod-template.ts';

/** What runs pods, and where its template is. */
const WORKLOADS = [
  { resource: 'deployments', word: 'deployment', path: ['template'] },
  { resource: 'statefulsets', word: 'statefulset', path: ['template'] },
  { resource: 'daemonsets', word: 'daemonset', path: ['template'] },
  { resource: 'cronjobs', word: 'cronjob', path: ['jobTemplate', 'spec', 'template'] },
] as const satisfies readonly {
  readonly resource: Resource;
  readonly word: string;
  readonly path: readonly string[];
}[];

interface Listed {
  readonly metadata: ObjectMeta;
  readonly spec?: RawObject;
  readonly status?: { readonly phase?: string };
}

/** Whose the config is beside the workload's. */
export interface Sharing {
  /** `deployment/other takes configmap/app-config`. */
  readonly others: readonly string[];
  /** Kinds that may not be listed: whether any of them takes config is not known. */
  readonly unlisted: readonly Resource[];
}

/**
 * Looks which other workloads of the namespace take config from objects: five lists. Pods tell of what no list has (Jobs, kinds of
 * other makers), as long as they run.
 * @param own the uid of the workload itself, and those by which its pods name their controller.
 */
export async function findSharing(
  transport: ApiTransport,
  namespace: string,
  references: readonly string[],
  own: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Sharing> {
  const taken = (template: RawObject) =>
    configReferencesOf(template)
      .map(configName)
      .filter((name) => references.includes(name));
  const list = async (resource: Resource) => {
    try {
      return (await transport.list<Listed>({ resource, namespace }, signal)).items;
    } catch (error) {
      if (isStatus(error, 403)) return undefined;
      throw error;
    }
  };
  const [pods, ...lists] = await Promise.all([
    list('pods'),
    ...WORKLOADS.map(({ resource }) => list(resource)),
  ]);
  const listed = WORKLOADS.flatMap(({ word, path }, index) =>
    (lists[index] ?? [])
      .filter(({ metadata }) => !own.has(metadata.uid))
      .map(({ metadata, spec = {} }) => {
        const template = path.reduce((inner: RawObject, member) => objectAt(inner, member), spec);
        return { name: `${word}/${metadata.name}`, stem: metadata.name, taken: taken(template) };
      }),
  ).filter((one) => one.taken.length > 0);
  const running = (pods ?? [])
    .filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed')
    .filter(({ metadata }) => !metadata.ownerReferences?.some(({ uid }) => own.has(uid)))
    .map(({ metadata, spec = {} }) => ({ name: controllerName(metadata), taken: taken({ spec }) }))
    .filter((one) => one.taken.length > 0 && !listed.some(({ stem }) => one.name.includes(`/${stem}`)));
  const others = [...listed, ...running].map((one) => `${one.name} takes ${one.taken.join(' and ')}`);
  return {
    others: [...new Set(others)].toSorted(),
    unlisted: WORKLOADS.flatMap(({ resource }, index) => (lists[index] ? [] : [resource])),
  };
}

function controllerName({ name, ownerReferences = [] }: ObjectMeta): string {
  const controller = ownerReferences.find((owner) => owner.controller);
  return controller?.kind && controller.name
    ? `${controller.kind.toLowerCase()}/${controller.name}`
    : `pod/${name}`;
}
