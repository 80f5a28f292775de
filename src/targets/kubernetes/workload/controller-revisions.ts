import type { ControllerRevision, Pod } from '../api/resources.ts';
import { fingerprint, withoutHash } from '../template/fingerprint.ts';
import { objectAt } from '../template/pod-template.ts';
import { markOf } from './change-mark.ts';
import { CHANGE_CAUSE } from './rollout-words.ts';
import type { Revision, WorkloadHistory, WorkloadKind } from './workload.ts';

/** The label of pods that says of which revision they are (apps/v1, `ControllerRevisionHashLabelKey`). */
export const REVISION_HASH_LABEL = 'controller-revision-hash';

/**
 * A history of ControllerRevisions. The number of one that is gone back to grows in place, under the same name; it holds the
 * template and nothing else of the spec.
 * @param hashOf what the pods of a revision have as their label.
 */
export function controllerRevisions(hashOf: (of: ControllerRevision) => string): WorkloadHistory {
  return {
    kind: 'ControllerRevision',
    collection: 'controllerrevisions',
    numbersGrow: true,
    revisionOf: (object) => revisionOf(object as ControllerRevision, hashOf),
    sourceOf: ({ name, uid }) => ({ kind: 'controller-revision', name, uid }),
  };
}

/** What StatefulSet and DaemonSet have in common: they own their pods themselves, and label them with the revision. */
export const OWNER_OF_PODS: Pick<WorkloadKind, 'podOwners' | 'isOf' | 'isMadeFor' | 'revisionOf'> = {
  podOwners: (live) => new Set(live ? [live.metadata.uid] : []),
  isOf: (pod: Pod, { podTemplateHash }) =>
    podTemplateHash !== '' && pod.metadata.labels?.[REVISION_HASH_LABEL] === podTemplateHash,
  // A pod that is adopted keeps its label: what is not of the revision is replaced.
  isMadeFor: () => true,
  revisionOf: (_live, { revision }) => revision,
};

function revisionOf(
  of: ControllerRevision,
  hashOf: (of: ControllerRevision) => string,
): Revision | undefined {
  const { metadata, data, revision } = of;
  const { $patch: _replace, ...template } = objectAt(objectAt(data, 'spec'), 'template');
  // Whoever else writes ControllerRevisions holds something else in them.
  if (Object.keys(objectAt(template, 'spec')).length === 0) return undefined;
  return {
    name: metadata.name,
    uid: metadata.uid,
    podTemplateHash: hashOf(of),
    fingerprint: fingerprint(template),
    template: withoutHash(template),
    revision,
    formerRevisions: [],
    createdAt: metadata.creationTimestamp ?? '',
    ...numberedAt(of),
    changeCause: metadata.annotations?.[CHANGE_CAUSE],
    mark: markOf({ metadata }),
  };
}

/** Its controller writes the number alone when the revision is gone back to: the API server notes when. */
function numberedAt({ metadata }: ControllerRevision): Pick<Revision, 'numberedAt'> {
  const times = (metadata.managedFields ?? [])
    .filter(({ fieldsV1 = {} }) => 'f:revision' in fieldsV1)
    .flatMap(({ time }) => time ?? []);
  const last = times.sort().at(-1);
  return last === undefined ? {} : { numberedAt: last };
}
