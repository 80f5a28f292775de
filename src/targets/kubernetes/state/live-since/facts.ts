import type { ManagedField, Workload } from '../../api/resources.ts';
import { contentChangedAt } from '../../config/content.ts';
import { byContent, configName, configReferencesOf } from '../../template/config-references.ts';
import { fingerprint, versionId } from '../../template/fingerprint.ts';
import { byDigest } from '../../template/image-digests.ts';
import { objectAt } from '../../template/pod-template.ts';
import { isSameMark, markOf, ownsMark } from '../../workload/change-mark.ts';
import { isOnDelete } from '../../workload/on-delete.ts';
import type { Revision, WorkloadKind } from '../../workload/workload.ts';
import { touchesTemplate } from '../managers.ts';
import type { ObservedMoment } from '../observation.ts';
import { isWrittenBy } from '../placed.ts';
import type { TimedRevision } from './beginning.ts';
import type { LiveFacts, TemplateWrite } from './judge.ts';

/** What is asked of an observation. */
export interface LiveQuestion {
  readonly kind: WorkloadKind;
  /** Under which name the runbook writes. */
  readonly fieldManager: string;
}

/** What an observation says of the time since when the current version is live. Pure. */
export function factsOf(moment: ObservedMoment, { kind, fieldManager }: LiveQuestion): LiveFacts {
  const { live, revisions } = moment;
  const current = currentRevisions(moment);
  const markedAt = timeOfMark(live, revisions, current, fieldManager);
  const write = writeOf(live);
  const completeAt = completionOf(live, current);
  const configAt = configChangedAt(moment);
  return {
    revisions: revisions.map((one) => timed(one, current.includes(one))),
    ...(markedAt === undefined ? {} : { markedAt }),
    ...(write ? { write } : {}),
    ...(completeAt === undefined ? {} : { completeAt }),
    waitsForPeople: isOnDelete(live) || (live.spec.updateStrategy?.rollingUpdate?.partition ?? 0) > 0,
    isUntouched: isUntouched(kind, live),
    endsFirst: live.spec.strategy?.type === 'Recreate',
    ...(configAt === undefined ? {} : { configAt }),
  };
}

/**
 * The revisions of the history that hold what is live: the same images and the same config, whatever a restart has written, or
 * names of the same content by other words.
 */
export function currentRevisions({
  observed: { current },
  live,
  revisions,
  stamped,
  config,
}: ObservedMoment): readonly Revision[] {
  const { template } = live.spec;
  // What an object held that can be changed is not known of an earlier time.
  const fixed = Object.entries(config.hashes).filter(([name]) => config.immutable.includes(name));
  const idsOf = (of: Revision['template'], digests = {}, hashes = {}) => [
    versionId(of, stamped),
    versionId(byContent(byDigest(of, digests), { ...Object.fromEntries(fixed), ...hashes }), stamped),
  ];
  const ids = new Set(idsOf(template, current.digests, current.config));
  return revisions.filter((one) => idsOf(one.template).some((id) => ids.has(id)));
}

function timed(
  { name, revision, formerRevisions, createdAt, numberedAt, scaledAt }: Revision,
  isCurrent: boolean,
): TimedRevision {
  const [numbered, scaled] = [numberedAt, scaledAt].map((at) => Date.parse(at ?? '')) as [number, number];
  return {
    name,
    revision,
    formerRevisions,
    createdAt: Date.parse(createdAt) || 0,
    ...(Number.isNaN(numbered) ? {} : { numberedAt: numbered }),
    ...(Number.isNaN(scaled) ? {} : { scaledAt: scaled }),
    isCurrent,
  };
}

/**
 * When a run of ours wrote what is live. Another version that was live after it has the mark too, as its controller has copied
 * it to the revision of each template that follows: so carrying it proves nothing, and the template has to be the one that was
 * written. One that admission has changed on its way is known as long as nothing else of the spec was changed.
 */
function timeOfMark(
  live: Workload,
  revisions: readonly Revision[],
  current: readonly Revision[],
  manager: string,
): number | undefined {
  const mark = markOf(live);
  if (!mark) return undefined;
  const [at] = (live.metadata.managedFields ?? [])
    .filter((entry) => ownsMark(entry, manager))
    .map(timeOf)
    .toSorted((a, b) => b - a);
  if (at === undefined || Number.isNaN(at)) return undefined;
  if (isWrittenBy(mark, live)) return at;
  const carries = ({ mark: carried }: Revision) => carried !== undefined && isSameMark(carried, mark);
  const isLeft = revisions.some((one) => carries(one) && !current.includes(one));
  const isOurs =
    fingerprint(live.spec.template) === mark.fingerprint ||
    current.some((one) => one.fingerprint === mark.fingerprint);
  return isOurs && !isLeft ? at : undefined;
}

/** The last write of the template, as far as the API server notes it. */
function writeOf({ metadata }: Workload): TemplateWrite | undefined {
  const [last] = (metadata.managedFields ?? [])
    .filter((entry) => entry.subresource === undefined && touchesTemplate(entry))
    .toSorted((a, b) => timeOf(b) - timeOf(a));
  const at = last === undefined ? Number.NaN : timeOf(last);
  return last === undefined || Number.isNaN(at) ? undefined : { at, isAlone: isTemplateAlone(last) };
}

function isTemplateAlone({ fieldsV1 = {} }: ManagedField): boolean {
  const spec = Object.keys(objectAt(fieldsV1, 'f:spec'));
  return Object.keys(fieldsV1).every((key) => key === 'f:spec') && spec.length === 1;
}

function timeOf({ time }: ManagedField): number {
  return Date.parse(time ?? '');
}

/** When the Deployment's last rollout was complete, where that was to one of these. */
function completionOf({ status = {} }: Workload, current: readonly Revision[]): number | undefined {
  const {
    reason,
    message = '',
    lastUpdateTime,
  } = status.conditions?.find(({ type }) => type === 'Progressing') ?? {};
  const isOfIt = current.some(({ name }) => message.includes(`"${name}"`));
  const at = Date.parse(lastUpdateTime ?? '');
  return reason === 'NewReplicaSetAvailable' && isOfIt && !Number.isNaN(at) ? at : undefined;
}

/** A rollout that is paused, or that waits for something, and has touched nothing. */
function isUntouched(kind: WorkloadKind, live: Workload): boolean {
  const { wanted, counts } = kind.view(live);
  return wanted > 0 && counts.updated === 0 && counts.old >= wanted;
}

/** When the content of what the template takes by reference was changed last; an object that cannot be changed was not. */
function configChangedAt({ live, config }: ObservedMoment): number | undefined {
  const times = configReferencesOf(live.spec.template).flatMap((reference) => {
    const name = configName(reference);
    const seen = config.seen.get(name);
    return seen && !config.immutable.includes(name) ? [contentChangedAt(seen) ?? Number.NaN] : [];
  });
  const known = times.filter((at) => !Number.isNaN(at));
  return known.length > 0 ? Math.max(...known) : undefined;
}
