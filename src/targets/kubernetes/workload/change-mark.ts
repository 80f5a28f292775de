import type { PinPurpose } from '../../../domain/versions/pins.ts';
import type { ManagedField, ReplicaSet, Workload } from '../api/resources.ts';
import { fingerprint } from '../template/fingerprint.ts';
import { objectAt } from '../template/pod-template.ts';

/** Annotation of the Deployment, written together with each template. */
const MARK = 'rollback-runbook/last-change';

/**
 * What a run of this runbook has written. `metadata.managedFields` alone do not tell: they have seconds, they forget
 * who has only taken fields away, and a template that was restored has the same manager as one that was rolled back.
 */
export interface ChangeMark {
  readonly purpose: PinPurpose | 'roll-back';
  /** Of the template that was written. */
  readonly fingerprint: string;
  /** The generation that the write made: no two marks are the same, so the API server notes the time of each. */
  readonly generation: number;
  /** Hashes of what objects of the user held before it wrote into them: their copies are needed to take it back. */
  readonly overwrote?: readonly string[];
}

/** The operations of a JSON Patch that set the mark. They fail when annotations have come or gone since it was read. */
export function markOperations({ metadata }: Workload, mark: ChangeMark): readonly object[] {
  const value = JSON.stringify(mark);
  if (metadata.annotations) {
    return [{ op: 'add', path: `/metadata/annotations/${MARK.replace('/', '~1')}`, value }];
  }
  return [
    { op: 'test', path: '/metadata/annotations', value: null },
    { op: 'add', path: '/metadata/annotations', value: { [MARK]: value } },
  ];
}

/** The mark of a Deployment, or as its controller has copied it to a ReplicaSet; none when nobody has marked it. */
export function markOf({ metadata }: Pick<Workload | ReplicaSet, 'metadata'>): ChangeMark | undefined {
  try {
    const mark = JSON.parse(metadata.annotations?.[MARK] ?? '') as Partial<ChangeMark> | null;
    const { purpose, fingerprint: print, generation, overwrote } = mark ?? {};
    const isSound =
      (purpose === 'restore' || purpose === 'roll-back') &&
      typeof print === 'string' &&
      typeof generation === 'number';
    if (!isSound) return undefined;
    const hashes = Array.isArray(overwrote) ? overwrote.filter((hash) => typeof hash === 'string') : [];
    return {
      purpose,
      fingerprint: print,
      generation,
      ...(hashes.length > 0 ? { overwrote: hashes } : {}),
    };
  } catch {
    return undefined;
  }
}

/** True when this is the manager's entry and the mark is still as it has written it. */
export function ownsMark({ manager, subresource, fieldsV1 }: ManagedField, who: string): boolean {
  const annotations = objectAt(objectAt(fieldsV1, 'f:metadata'), 'f:annotations');
  return manager === who && subresource === undefined && Object.hasOwn(annotations, `f:${MARK}`);
}

/** True when the live template is the marked one. */
export function isMarked({ spec }: Workload, mark: ChangeMark): boolean {
  return fingerprint(spec.template) === mark.fingerprint;
}

/** True for two copies of one mark: no two writes have the same generation. */
export function isSameMark(a: ChangeMark, b: ChangeMark): boolean {
  return a.generation === b.generation && a.fingerprint === b.fingerprint && a.purpose === b.purpose;
}
