import { shellWord } from '../../../domain/media/shell.ts';
import type { PreconditionFinding } from '../../../domain/preconditions/preconditions.ts';
import type { ObjectMeta, RawObject, Workload } from '../api/resources.ts';
import { lastTemplateChange } from '../state/managers.ts';
import { hasInRepoTraces, IN_REPO_CONTROLLERS } from '../state/warnings.ts';
import { objectAt, textAt } from '../template/pod-template.ts';
import { nameOf, type WorkloadPlace } from '../workload/workload.ts';
import { findingOf, type Note } from './finding.ts';
import { gitNotes } from './git-manager.ts';
import { known, type ObstacleReads, type Seen, unreadOf } from './seen.ts';

/** An object of a controller, as far as it is read here. */
interface Custom {
  readonly metadata: ObjectMeta;
  readonly spec?: RawObject;
}

/** A Secret without its content. */
type Metadata = Pick<Custom, 'metadata'>;

const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';
/** Helm's own names of a release that somebody is at work on (Helm, release status). */
const PENDING = 'status in (pending-install,pending-upgrade,pending-rollback)';
/** Who brings newer images by itself, by annotations or labels of the workload. */
const UPDATERS: readonly { readonly name: string; readonly key: RegExp; readonly does: string }[] = [
  { name: 'Keel', key: /^keel\.sh\/policy$/, does: 'brings the newest image of its policy again' },
  {
    name: 'Fleet',
    key: /^objectset\.rio\.cattle\.io\//,
    does: 'brings back what Git has when it corrects drift',
  },
];

/** What is known of the workload when its controllers are looked for. */
export interface Managed {
  readonly place: WorkloadPlace;
  readonly live: Workload;
  /** The name under which this runbook writes. */
  readonly fieldManager: string;
  /** Whether the run that asks has changed it before. */
  readonly hasChanged?: boolean;
}

/** Who else changes what a rollback changes, or would take it back. Where only labels tell of it, that is said. */
export async function findControllers(managed: Managed, reads: ObstacleReads): Promise<PreconditionFinding> {
  const { place, live } = managed;
  const release = live.metadata.annotations?.['meta.helm.sh/release-name'];
  const [git, rollouts, canaries, helm, ...inRepo] = await Promise.all([
    gitNotes(live, place.namespace, reads),
    reads.list<Custom>('rollouts'),
    reads.list<Custom>('canaries'),
    release ? pendingOf(release, reads) : nothing(),
    ...IN_REPO_CONTROLLERS.map((name) => reads.get<Workload>('deployments', name)),
  ]);
  const notes = [
    ...git,
    ...known(rollouts).flatMap((one) => ofRollout(one, managed)),
    ...known(canaries).flatMap((one) => ofCanary(one, managed)),
    ...known(helm).map((secret) => ofHelm(secret, release ?? '', managed)),
    ...ofRepository(managed, inRepo),
    ...updaters(managed),
    ...(managed.hasChanged ? [] : ofRunbook(managed)),
    ...unreadHelm(release ?? '', helm),
  ];
  const none = `nobody else is known to change ${nameOf(place)}`;
  return findingOf('conflicting-controller', notes, none, unreadOf([rollouts, canaries, ...inRepo]));
}

async function nothing(): Promise<Seen<readonly Metadata[]>> {
  return { is: [] };
}

/** Helm keeps each revision of a release in a Secret, and its status in a label: the content is not asked for. */
function pendingOf(release: string, reads: ObstacleReads): Promise<Seen<readonly Metadata[]>> {
  return reads.list<Metadata>(
    'secrets',
    { labelSelector: `owner=helm,name=${release},${PENDING}` },
    METADATA_ONLY,
  );
}

/** The file of rights leaves this one out, as it cannot be told from reading every Secret. */
function unreadHelm(release: string, seen: Seen<unknown>): readonly Note[] {
  if ('is' in seen) return [];
  const { says, isDenied } = seen.unread;
  return [
    {
      state: 'unknown',
      says: `whether a helm command is at work on release ${release} is not known: ${says}`,
      ...(isDenied
        ? {
            remedy: `look with helm status ${shellWord(release)}, or grant list on secrets (last rule of the Role in deploy/rbac-preconditions.yaml)`,
          }
        : {}),
    },
  ];
}

function ofHelm({ metadata }: Metadata, release: string, { place }: Managed): Note {
  const status = metadata.labels?.status ?? 'pending';
  return {
    state: 'not-met',
    says: `revision ${metadata.labels?.version ?? '?'} of the Helm release ${release} is ${status}: a helm command is at work on it, or was broken off`,
    remedy: `helm status ${shellWord(release)} -n ${shellWord(place.namespace)}`,
  };
}

function isAbout(reference: RawObject, { place }: Managed): boolean {
  return textAt(reference, 'kind') === place.kind.kind && textAt(reference, 'name') === place.name;
}

function ofRollout({ metadata, spec = {} }: Custom, managed: Managed): readonly Note[] {
  if (!isAbout(objectAt(spec, 'workloadRef'), managed)) return [];
  const { name } = metadata;
  const where = shellWord(managed.place.namespace);
  return [
    {
      state: 'not-met',
      says: `Argo Rollouts' Rollout ${name} takes its template from it (workloadRef) and runs the pods itself: a change here begins a rollout of its own there`,
      remedy: `kubectl get rollouts.argoproj.io ${shellWord(name)} -n ${where} -o yaml`,
    },
  ];
}

function ofCanary({ metadata, spec = {} }: Custom, managed: Managed): readonly Note[] {
  if (!isAbout(objectAt(spec, 'targetRef'), managed)) return [];
  const pause = shellWord('{"spec":{"suspend":true}}');
  const { name, namespace } = managed.place;
  if (spec.suspend === true) {
    return [{ state: 'met', says: `Flagger's Canary ${metadata.name} is suspended` }];
  }
  return [
    {
      state: 'not-met',
      says: `Flagger's Canary ${metadata.name} takes a change of it for a new release: it is analysed before it goes to ${name}-primary, which serves`,
      remedy: `kubectl patch canaries.flagger.app ${shellWord(metadata.name)} -n ${shellWord(namespace)} --type merge -p ${pause}`,
    },
  ];
}

/** The controllers of the service's own repository (service contract, 8.6), by the names of their Deployments. */
function ofRepository(
  { live, place }: Managed,
  seen: readonly Seen<Workload | undefined>[],
): readonly Note[] {
  const running = seen.flatMap((one) =>
    'is' in one && one.is && (one.is.spec.replicas ?? 1) > 0 ? [one.is.metadata.name] : [],
  );
  if (running.length > 0) {
    const names = running.map((name) => `deployment/${name}`);
    return [
      {
        state: 'not-met',
        says: `${names.join(' and ')} ${running.length === 1 ? 'answers' : 'answer'} what ${running.length === 1 ? 'it takes' : 'they take'} for a fault by writing into the pod template: a rollout of its own in the middle of this one`,
        remedy: `kubectl scale ${names.join(' ')} -n ${shellWord(place.namespace)} --replicas=0`,
      },
    ];
  }
  const isRead = seen.every((one) => 'is' in one);
  if (!hasInRepoTraces(live)) return [];
  const says = `the rollback-controller or health-validator has written to it once`;
  return [
    isRead
      ? { state: 'met', says: `${says}; neither runs in namespace ${place.namespace}` }
      : { state: 'unknown', says: `${says}; whether one runs is not known` },
  ];
}

function updaters({ live: { metadata } }: Managed): readonly Note[] {
  const keys = [...Object.keys(metadata.annotations ?? {}), ...Object.keys(metadata.labels ?? {})];
  return UPDATERS.filter(({ key }) => keys.some((one) => key.test(one))).map(({ name, does }) => ({
    state: 'unknown',
    says: `${name} manages it, by its labels and annotations alone: it ${does}, if it runs`,
  }));
}

/** A change of this runbook that is still rolling out is another run's: the one that asks has changed nothing yet. */
function ofRunbook({ live, place, fieldManager }: Managed): readonly Note[] {
  const { purpose, who } = lastTemplateChange(live, fieldManager);
  if (purpose === undefined || place.kind.view(live).isComplete) return [];
  return [
    {
      state: 'not-met',
      says: `another run of ${who} changed it last (${purpose}), and that rollout is not complete`,
      remedy: `kubectl rollout status ${nameOf(place)} -n ${shellWord(place.namespace)} --timeout=5m`,
    },
  ];
}
