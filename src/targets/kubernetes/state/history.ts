import { RunbookError } from '../../../domain/errors.ts';
import type { KnownGoodRecord } from '../../../domain/proof/known-good.ts';
import type { NamedCluster } from '../../../domain/versions/cluster.ts';
import type { PinSource } from '../../../domain/versions/pins.ts';
import {
  type ObservedService,
  shortDigest,
  type VersionCandidate,
  versionIdOf,
} from '../../../domain/versions/versions.ts';
import {
  type Deployment,
  HASH_LABEL,
  type RawObject,
  REVISION_ANNOTATION,
  type ReplicaSet,
} from '../api/resources.ts';
import {
  annotationsThatDiffer,
  contentFingerprint,
  fingerprint,
  withoutHash,
} from '../template/fingerprint.ts';
import { byDigest } from '../template/image-digests.ts';
import { containerIn, containerNames } from '../template/pod-template.ts';
import { keptCandidates, outOfReach } from './beyond-history.ts';
import { type CandidateParts, currentCandidate, earlierCandidate, type RunningImages } from './candidate.ts';
import { type ChangeMark, markOf } from './change-mark.ts';
import type { KeptTemplate } from './kept-templates.ts';
import { lastChange } from './managers.ts';
import { isPlacedByRollback } from './placed.ts';
import { warningsOf } from './warnings.ts';

/** One ReplicaSet of the Deployment, with the identity of its template. */
export interface Revision {
  readonly name: string;
  readonly uid: string;
  readonly podTemplateHash: string;
  readonly fingerprint: string;
  /** Without `pod-template-hash`: as it is written into a Deployment. */
  readonly template: RawObject;
  readonly revision: number;
  readonly formerRevisions: readonly number[];
  readonly createdAt: string;
  readonly changeCause: string | undefined;
  /** As its controller has copied it from the Deployment. */
  readonly mark?: ChangeMark | undefined;
}

const CHANGE_CAUSE = 'kubernetes.io/change-cause';
/** `spec.revisionHistoryLimit` when it is not set (apps/v1). */
const DEFAULT_HISTORY_LIMIT = 10;

/**
 * The Deployment's own ReplicaSets, oldest first: kubectl's order when two have an equal template.
 * A revision annotation that is no number leaves the ReplicaSet out, a missing one counts as 0 (kubectl the same).
 */
export function revisionsOf(replicaSets: readonly ReplicaSet[]): readonly Revision[] {
  return replicaSets
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .map(revisionOf)
    .filter(({ revision }) => Number.isInteger(revision))
    .sort((a, b) => compare(a.createdAt, b.createdAt) || compare(a.name, b.name));
}

function revisionOf({ metadata, spec }: ReplicaSet): Revision {
  const annotations = metadata.annotations ?? {};
  const former = (annotations['deployment.kubernetes.io/revision-history'] ?? '').split(',');
  return {
    name: metadata.name,
    uid: metadata.uid,
    podTemplateHash: metadata.labels?.[HASH_LABEL] ?? '',
    fingerprint: fingerprint(spec.template),
    template: withoutHash(spec.template),
    revision: Number(annotations[REVISION_ANNOTATION] ?? 0),
    formerRevisions: former.map(Number).filter((number) => Number.isInteger(number) && number > 0),
    createdAt: metadata.creationTimestamp ?? '',
    changeCause: annotations[CHANGE_CAUSE],
    mark: markOf({ metadata }),
  };
}

/** True when the controller has seen the newest spec: only then a ReplicaSet can be taken for the current one. */
export function isObserved({ metadata, status }: Deployment): boolean {
  return (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
}

/**
 * True when the history knows something newer than this state: the controller has seen the newest spec, it says, and
 * yet the newest ReplicaSet has another template. Then the state is older than the list of ReplicaSets.
 */
export function isContradicted(deployment: Deployment, revisions: readonly Revision[]): boolean {
  if (!isObserved(deployment)) return false;
  const newest = Math.max(...revisions.map(({ revision }) => revision));
  const live = fingerprint(deployment.spec.template);
  return !revisions.some((each) => each.revision === newest && each.fingerprint === live);
}

/** How many ReplicaSets of earlier versions the controller keeps. */
export function historyLimitOf({ spec }: Deployment): number {
  return spec.revisionHistoryLimit ?? DEFAULT_HISTORY_LIMIT;
}

/** What the observation is made of. */
export interface ObservedParts extends Omit<CandidateParts, 'stamped'> {
  readonly cluster?: NamedCluster;
  readonly deployment: Deployment;
  readonly namespace: string;
  /** Under which name the runbook writes. */
  readonly fieldManager: string;
  readonly revisions: readonly Revision[];
  readonly stamped?: readonly string[];
  /** The image IDs of the pods of the live template; none where they make no difference. */
  readonly running?: RunningImages;
  /** What is proved of versions beyond the history, and the templates that were kept of such; none where nobody asked. */
  readonly beyond?: readonly KnownGoodRecord[];
  readonly kept?: readonly KeptTemplate[];
  readonly notes: readonly string[];
  readonly at: string;
}

/** Puts together what runs and what it can return to. Pure. */
export function observedService(parts: ObservedParts): ObservedService {
  const { cluster, deployment, namespace, container, revisions, stamped = [] } = parts;
  const { metadata, spec } = deployment;
  const { template } = spec;
  const running = containerIn(template, container);
  if (running === undefined) {
    throw new RunbookError(
      'InvalidConfig',
      `deployment/${metadata.name} has no container "${container}"; it has ${containerNames(template).join(', ')}`,
    );
  }
  const made: CandidateParts = { ...parts, stamped };
  const live = fingerprint(template);
  const holder = revisions.find((revision) => revision.fingerprint === live);
  const current = currentCandidate(
    made,
    template,
    {
      fingerprint: live,
      source: holder && isObserved(deployment) ? sourceOf(holder) : { kind: 'live' },
      revision: holder?.revision ?? 0,
      formerRevisions: holder?.formerRevisions ?? [],
      createdAt: holder?.createdAt ?? lastChange(deployment) ?? metadata.creationTimestamp ?? parts.at,
      changeCause: metadata.annotations?.[CHANGE_CAUSE],
    },
    parts.running,
  );
  const earlier = distinct(revisions.filter((revision) => revision.fingerprint !== live))
    .map((revision) => {
      const found = earlierCandidate(made, revision.template, { ...revision, source: sourceOf(revision) });
      const isSameElsewhere =
        contentFingerprint(byDigest(revision.template, found.digests)) ===
        contentFingerprint(byDigest(template, current.digests));
      return isSameElsewhere ? { ...found, ...differsBy(template, revision.template, stamped) } : found;
    })
    .sort((a, b) => b.revision - a.revision || compare(b.createdAt, a.createdAt));
  const under = holder && provedUnderItsTags(made, holder, current);
  // Beside a later revision that names its digests: the version is as old as the one under whose tags it was proved.
  const own = under && isPinned(under) ? [under, ...earlier] : earlier;
  const previous = own[0];
  const { beyond = [], kept = [] } = parts;
  const history = [...own, ...keptCandidates(made, kept, [current, ...own])].sort(
    (a, b) => b.revision - a.revision,
  );
  return {
    target: 'kubernetes',
    workload: `deployment/${metadata.name} in namespace ${namespace}`,
    ...(cluster ? { cluster } : {}),
    namespace,
    name: metadata.name,
    uid: metadata.uid,
    generation: metadata.generation ?? 0,
    paused: spec.paused === true,
    ...(metadata.deletionTimestamp ? { deleting: metadata.deletionTimestamp } : {}),
    replicas: spec.replicas ?? 1,
    rolledBack: isPlacedByRollback(deployment, revisions, parts.fieldManager, stamped, current),
    historyLimit: historyLimitOf(deployment),
    current,
    history,
    container,
    warnings: [
      ...(running === container ? [] : [renamed(running, container)]),
      ...warningsOf(deployment, { container: running, ...(previous ? { previous } : {}) }),
      ...(under ? [otherImages(current, under)] : []),
      ...outOfReach(beyond, history),
      ...parts.notes,
    ],
    at: parts.at,
  };
}

/** The version that was proved under the tags of the live template, where the pods run other images by now. */
function provedUnderItsTags(
  parts: CandidateParts,
  holder: Revision,
  current: VersionCandidate,
): VersionCandidate | undefined {
  const proved = earlierCandidate(parts, holder.template, { ...holder, source: sourceOf(holder) });
  const isOther = proved.evidence?.verdict === 'passed' && versionIdOf(proved) !== versionIdOf(current);
  return isOther ? proved : undefined;
}

function isPinned({ source }: VersionCandidate): boolean {
  return source.kind === 'replica-set' && source.fingerprint !== undefined;
}

function otherImages(current: VersionCandidate, proved: VersionCandidate): string {
  const each = Object.entries(proved.digests ?? {}).flatMap(([container, digest]) => {
    const runs = current.digests?.[container];
    return runs === digest
      ? []
      : [
          `container ${container} runs ${runs ? shortDigest(runs) : 'several images'} and ${shortDigest(digest)} was proved`,
        ];
  });
  const remedy = isPinned(proved) ? '' : '; with kubernetes.pin: digest a rollback can bring it back';
  return `${current.version} runs another image than was proved under its tag: ${each.join(', ')}${remedy}`;
}

/** The runbook still knows the workload: a version of before the container had this name was asked for. */
function renamed(running: string, container: string): string {
  return `the profile names the container "${container}", and what runs has "${running}" alone: that one is meant`;
}

/** Said of a version that is another one by its template annotations alone. */
function differsBy(
  live: RawObject,
  template: RawObject,
  stamped: readonly string[],
): Pick<VersionCandidate, 'differsBy'> {
  const names = annotationsThatDiffer(live, template).filter((name) => !stamped.includes(name));
  return names.length > 0 ? { differsBy: names } : {};
}

function sourceOf({ name, uid, podTemplateHash }: Revision): PinSource {
  return { kind: 'replica-set', name, uid, podTemplateHash };
}

/** Of ReplicaSets with an equal template the oldest one counts, with the numbers of all of them. */
function distinct(revisions: readonly Revision[]): readonly Revision[] {
  const byContent = new Map<string, Revision>();
  for (const next of revisions) {
    const known = byContent.get(next.fingerprint);
    const numbers = [...(known?.formerRevisions ?? []), ...next.formerRevisions, known?.revision ?? 0];
    byContent.set(
      next.fingerprint,
      known
        ? {
            ...known,
            revision: Math.max(known.revision, next.revision),
            formerRevisions: [...new Set([...numbers, next.revision])].filter(
              (number) => number > 0 && number !== Math.max(known.revision, next.revision),
            ),
          }
        : next,
    );
  }
  return [...byContent.values()];
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
