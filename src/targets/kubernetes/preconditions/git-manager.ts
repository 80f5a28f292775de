import { shellWord } from '../../../domain/media/shell.ts';
import type { ObjectMeta, RawObject, Workload } from '../api/resources.ts';
import { gitManagers } from '../state/warnings.ts';
import { objectAt, textAt } from '../template/pod-template.ts';
import type { Note } from './finding.ts';
import type { ObstacleReads, Seen } from './seen.ts';

/** Where the object is that says how a workload is kept as Git has it. */
interface Managed {
  readonly resource: 'applications' | 'kustomizations' | 'helmreleases';
  readonly name: string;
  readonly namespace: string;
}

/** An object of Argo CD or Flux, as far as it is read here. */
export interface GitObject {
  readonly metadata: ObjectMeta;
  readonly spec?: RawObject;
}

const TRACKING = 'argocd.argoproj.io/tracking-id';
const INSTANCE = 'app.kubernetes.io/instance';
/** Where Argo CD has its Applications, unless an id says otherwise (Argo CD, applications in any namespace). */
const ARGOCD = 'argocd';
const KUSTOMIZE = 'kustomize.toolkit.fluxcd.io/';
const HELM = 'helm.toolkit.fluxcd.io/';

/** What Argo CD or Flux would do to a rollback: as their own objects say, where these may be read; else by the labels alone. */
export async function gitNotes(
  live: Workload,
  namespace: string,
  reads: Pick<ObstacleReads, 'get'>,
): Promise<readonly Note[]> {
  return Promise.all(
    gitManagers(live).map(async ({ name, pause }): Promise<Note> => {
      const managed = name === 'Argo CD' ? applicationOf(live) : fluxObjectOf(live, namespace);
      const byLabels: Note = {
        state: 'unknown',
        says: `${name} manages it, by its labels and annotations alone; whether it would revert the rollback is not known: ${pause}`,
      };
      if (!managed) return byLabels;
      return noteOf(
        managed,
        live,
        await reads.get<GitObject>(managed.resource, managed.name, managed.namespace),
        byLabels,
      );
    }),
  );
}

/** Pure. */
export function noteOf(
  managed: Managed,
  live: Pick<Workload, 'metadata'>,
  seen: Seen<GitObject | undefined>,
  byLabels: Note,
): Note {
  const isFree = live.metadata.annotations?.['kustomize.toolkit.fluxcd.io/reconcile'] === 'disabled';
  if (managed.resource === 'kustomizations' && isFree) {
    return { state: 'met', says: 'Flux is told by an annotation to leave it alone (reconcile: disabled)' };
  }
  if ('unread' in seen) {
    return { ...byLabels, says: `${byLabels.says} (${seen.unread.says})`, remedy: pauseOf(managed) };
  }
  if (!seen.is) return { ...byLabels, says: `${byLabels.says} (there is no ${wordOf(managed)})` };
  return managed.resource === 'applications' ? ofApplication(managed, seen.is) : ofFlux(managed, seen.is);
}

function ofApplication(managed: Managed, { spec = {} }: GitObject): Note {
  const policy = objectAt(spec, 'syncPolicy');
  const { automated } = policy;
  const isOff =
    automated === undefined || automated === null || objectAt(policy, 'automated').enabled === false;
  const who = `Argo CD's ${wordOf(managed)}`;
  if (isOff) return { state: 'met', says: `${who} syncs by hand alone: the next sync reverts the rollback` };
  if (objectAt(policy, 'automated').selfHeal === true) {
    return {
      state: 'not-met',
      says: `${who} syncs by itself and heals what was changed (selfHeal): it reverts the rollback within seconds`,
      remedy: pauseOf(managed),
    };
  }
  return {
    state: 'not-met',
    says: `${who} syncs by itself: the next commit or change of it reverts the rollback`,
    remedy: pauseOf(managed),
  };
}

function ofFlux(managed: Managed, { spec = {} }: GitObject): Note {
  const who = `Flux's ${wordOf(managed)}`;
  if (spec.suspend === true) return { state: 'met', says: `${who} is suspended` };
  const interval = textAt(spec, 'interval');
  const each = interval ? ` (every ${interval})` : '';
  if (managed.resource === 'kustomizations') {
    return {
      state: 'not-met',
      says: `${who} applies what Git has again${each}: it reverts the rollback`,
      remedy: pauseOf(managed),
    };
  }
  const mode = textAt(objectAt(spec, 'driftDetection'), 'mode');
  if (mode === 'enabled') {
    return {
      state: 'not-met',
      says: `${who} corrects what was changed${each}: it reverts the rollback`,
      remedy: pauseOf(managed),
    };
  }
  return {
    state: 'met',
    says: `${who} does not correct what was changed: its next upgrade reverts the rollback`,
  };
}

/** `tracking-id` is `<application>:<group>/<kind>:<namespace>/<name>`, the application with its namespace as `<namespace>_<name>`. */
function applicationOf({ metadata: { annotations = {}, labels = {} } }: Workload): Managed | undefined {
  const [tracked] = (annotations[TRACKING] ?? '').split(':');
  const id = tracked || labels['argocd.argoproj.io/instance'] || labels[INSTANCE];
  if (!id) return undefined;
  const [first = '', second] = id.split('_');
  return second === undefined
    ? { resource: 'applications', name: first, namespace: ARGOCD }
    : { resource: 'applications', name: second, namespace: first };
}

function fluxObjectOf({ metadata: { labels = {} } }: Workload, here: string): Managed | undefined {
  for (const [prefix, resource] of [
    [KUSTOMIZE, 'kustomizations'],
    [HELM, 'helmreleases'],
  ] as const) {
    const name = labels[`${prefix}name`];
    if (name) return { resource, name, namespace: labels[`${prefix}namespace`] ?? here };
  }
  return undefined;
}

function wordOf({ resource, name, namespace }: Managed): string {
  const kinds = { applications: 'Application', kustomizations: 'Kustomization', helmreleases: 'HelmRelease' };
  return `${kinds[resource]} ${name} in namespace ${namespace}`;
}

/** By kubectl: the tools' own commands may not be there. */
function pauseOf({ resource, name, namespace }: Managed): string {
  const [group, body] =
    resource === 'applications'
      ? ['applications.argoproj.io', { spec: { syncPolicy: { automated: null } } }]
      : [
          `${resource}.${resource === 'kustomizations' ? 'kustomize' : 'helm'}.toolkit.fluxcd.io`,
          { spec: { suspend: true } },
        ];
  return `kubectl patch ${group} ${shellWord(name)} -n ${shellWord(namespace)} --type merge -p ${shellWord(JSON.stringify(body))}`;
}
