import { RunbookError } from '../../../domain/errors.ts';
import type { KnownGoodRecord } from '../../../domain/proof/known-good.ts';
import type { NamedCluster } from '../../../domain/versions/cluster.ts';
import { isInHistory } from '../../../domain/versions/pins.ts';
import {
  type ObservedService,
  shortDigest,
  type VersionCandidate,
  versionIdOf,
} from '../../../domain/versions/versions.ts';
import { FIRST_KIND } from '../../../domain/workload-kind.ts';
import type { RawObject, Workload } from '../api/resources.ts';
import { annotationsThatDiffer, contentFingerprint, fingerprint } from '../template/fingerprint.ts';
import { byDigest } from '../template/image-digests.ts';
import { containerIn, containerNames } from '../template/pod-template.ts';
import { CHANGE_CAUSE } from '../workload/rollout-words.ts';
import {
  isObserved,
  nameOf,
  type Revision,
  type RevisionObject,
  type WorkloadKind,
} from '../workload/workload.ts';
import { keptCandidates, outOfReach } from './beyond-history.ts';
import { type CandidateParts, currentCandidate, earlierCandidates, type RunningImages } from './candidate.ts';
import { configNow } from './candidate-config.ts';
import type { KeptTemplate } from './kept-templates.ts';
import { lastChange } from './managers.ts';
import { isPlacedByRollback } from './placed.ts';
import { warningsOf } from './warnings.ts';

/** `spec.revisionHistoryLimit` when it is not set (apps/v1). */
const DEFAULT_HISTORY_LIMIT = 10;

/** The workload's own history, oldest first: kubectl's order when two have an equal template. */
export function revisionsOf(
  { history }: Pick<WorkloadKind, 'history'>,
  objects: readonly RevisionObject[],
): readonly Revision[] {
  return objects
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .flatMap((object) => history.revisionOf(object) ?? [])
    .sort((a, b) => compare(a.createdAt, b.createdAt) || compare(a.name, b.name));
}

/**
 * True when the history knows something newer than this state: the controller has seen the newest spec, it says, and
 * yet the newest revision has another template. Then the state is older than the list.
 */
export function isContradicted(live: Workload, revisions: readonly Revision[]): boolean {
  if (!isObserved(live)) return false;
  const newest = Math.max(...revisions.map(({ revision }) => revision));
  const print = fingerprint(live.spec.template);
  return !revisions.some((each) => each.revision === newest && each.fingerprint === print);
}

/** How many earlier versions the controller keeps. */
export function historyLimitOf({ spec }: Workload): number {
  return spec.revisionHistoryLimit ?? DEFAULT_HISTORY_LIMIT;
}

/** What the observation is made of. */
export interface ObservedParts extends Omit<CandidateParts, 'stamped'> {
  readonly kind: WorkloadKind;
  readonly cluster?: NamedCluster;
  readonly live: Workload;
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
}

/** Puts together what runs and what it can return to. Pure. */
export function observedService(parts: ObservedParts): ObservedService {
  const { kind, cluster, live, namespace, container, revisions, stamped = [] } = parts;
  const { metadata, spec } = live;
  const { template } = spec;
  const running = containerIn(template, container);
  if (running === undefined) {
    throw new RunbookError(
      'InvalidConfig',
      `${nameOf({ kind, name: metadata.name })} has no container "${container}"; it has ${containerNames(template).join(', ')}`,
    );
  }
  const made: CandidateParts = { ...parts, stamped };
  const print = fingerprint(template);
  const holder = revisions.find((revision) => revision.fingerprint === print);
  const current = currentCandidate(
    made,
    template,
    {
      fingerprint: print,
      source: holder && isObserved(live) ? kind.history.sourceOf(holder) : { kind: 'live' },
      revision: holder?.revision ?? 0,
      formerRevisions: holder?.formerRevisions ?? [],
      createdAt: holder?.createdAt ?? lastChange(live) ?? metadata.creationTimestamp ?? parts.at,
      changeCause: metadata.annotations?.[CHANGE_CAUSE],
    },
    parts.running,
  );
  const earlier = distinct(revisions.filter((revision) => revision.fingerprint !== print))
    .flatMap((revision) =>
      earlierCandidates(made, revision.template, {
        ...revision,
        source: kind.history.sourceOf(revision),
      }).map((found) => {
        const isSameElsewhere =
          contentFingerprint(byDigest(revision.template, found.digests)) ===
          contentFingerprint(byDigest(template, current.digests));
        return isSameElsewhere ? { ...found, ...differsBy(template, revision.template, stamped) } : found;
      }),
    )
    .sort((a, b) => b.revision - a.revision || compare(b.createdAt, a.createdAt));
  const under = holder ? provedUnderItsNames(made, kind, holder, current) : [];
  // Beside a later revision that names its digests: the version is as old as the one under whose names it was proved.
  const own = [...under.filter(isPinned), ...earlier];
  const previous = own[0];
  const { beyond = [], kept = [] } = parts;
  const history = [...own, ...keptCandidates(made, kept, [current, ...own])].sort(
    (a, b) => b.revision - a.revision,
  );
  return {
    target: 'kubernetes',
    ...(kind.kind === FIRST_KIND ? {} : { kind: kind.kind }),
    workload: `${nameOf({ kind, name: metadata.name })} in namespace ${namespace}`,
    ...(cluster ? { cluster } : {}),
    namespace,
    name: metadata.name,
    uid: metadata.uid,
    generation: metadata.generation ?? 0,
    paused: spec.paused === true,
    ...(metadata.deletionTimestamp ? { deleting: metadata.deletionTimestamp } : {}),
    replicas: kind.view(live).wanted,
    rolledBack: isPlacedByRollback(live, revisions, parts.fieldManager, stamped, current),
    historyLimit: historyLimitOf(live),
    ...(parts.inPlace && parts.config ? { configNow: configNow(parts.config) } : {}),
    current,
    history,
    container,
    warnings: [
      ...(running === container ? [] : [renamed(running, container)]),
      ...warningsOf(kind, live, { container: running, ...(previous ? { previous } : {}) }),
      ...under
        .slice(0, 1)
        .flatMap((proved) => [...otherImages(current, proved), ...otherConfig(current, proved)]),
      ...outOfReach(kind, beyond, history),
      ...parts.notes,
    ],
    at: parts.at,
  };
}

/** The versions that were proved under the names of the live template, where the pods run other images or config by now. */
function provedUnderItsNames(
  parts: CandidateParts,
  { history }: Pick<WorkloadKind, 'history'>,
  holder: Revision,
  current: VersionCandidate,
): readonly VersionCandidate[] {
  const all = earlierCandidates(
    parts,
    holder.template,
    { ...holder, source: history.sourceOf(holder) },
    true,
  );
  return all.filter(
    (proved) => proved.evidence?.verdict === 'passed' && versionIdOf(proved) !== versionIdOf(current),
  );
}

function isPinned({ source }: VersionCandidate): boolean {
  return isInHistory(source) && source.fingerprint !== undefined;
}

function otherImages(current: VersionCandidate, proved: VersionCandidate): readonly string[] {
  const each = Object.entries(proved.digests ?? {}).flatMap(([container, digest]) => {
    const runs = current.digests?.[container];
    return runs === digest
      ? []
      : [
          `container ${container} runs ${runs ? shortDigest(runs) : 'several images'} and ${shortDigest(digest)} was proved`,
        ];
  });
  if (each.length === 0) return [];
  const remedy = isPinned(proved) ? '' : '; with kubernetes.pin: digest a rollback can bring it back';
  return [`${current.version} runs another image than was proved under its tag: ${each.join(', ')}${remedy}`];
}

function otherConfig(current: VersionCandidate, proved: VersionCandidate): readonly string[] {
  const { copies = [], inPlace = [], changedConfig = [] } = proved;
  const names = [...[...copies, ...inPlace].map(({ reference }) => reference), ...changedConfig];
  if (names.length === 0) return [];
  const remedy =
    changedConfig.length > 0 ? `; ${changedConfig.join(', ')} cannot be brought back: no copy is kept` : '';
  return [`${current.version} has other config than it was proved with: ${names.join(', ')}${remedy}`];
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

/** Of revisions with an equal template the oldest one counts, with the numbers of all of them. */
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
