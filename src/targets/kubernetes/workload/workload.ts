import type { PinSource } from '../../../domain/versions/pins.ts';
import type { WorkloadKindName } from '../../../domain/workload-kind.ts';
import type { ControllerRevision, Pod, RawObject, ReplicaSet, Resource, Workload } from '../api/resources.ts';
import type { ChangeMark } from './change-mark.ts';

/** Where a workload is, and of which kind it is. */
export interface WorkloadPlace {
  readonly kind: WorkloadKind;
  readonly namespace: string;
  readonly name: string;
}

/** One template of a workload's own history, with its identity. */
export interface Revision {
  /** Name and uid of the object that holds it. */
  readonly name: string;
  readonly uid: string;
  /** The label value by which pods say that they are of it. */
  readonly podTemplateHash: string;
  readonly fingerprint: string;
  /** As it is written into the workload: without the label `pod-template-hash`. */
  readonly template: RawObject;
  readonly revision: number;
  readonly formerRevisions: readonly number[];
  readonly createdAt: string;
  /** When it got its number, where its controller writes nothing else of it later: an object that is in use again keeps its creation time. */
  readonly numberedAt?: string;
  /** Of a ReplicaSet: when its controller wrote it last, which of one that was replaced is when it was scaled down. */
  readonly scaledAt?: string;
  readonly changeCause: string | undefined;
  /** As its controller has copied it from the workload. */
  readonly mark?: ChangeMark | undefined;
}

/** An object that holds a template of the history. */
export type RevisionObject = ReplicaSet | ControllerRevision;

/** The numbers that progress is seen by. */
export interface RolloutCounts {
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
  readonly old: number;
}

/** What a controller waits for, where the workload says so: rows of the table of states. */
export type ControllerState = 'unobserved' | 'pods-refused' | 'not-available-yet';

/** What the workload's own status says of its rollout. */
export interface ControllerView {
  /** Pods that are to run. */
  readonly wanted: number;
  readonly counts: RolloutCounts;
  /** Whether the controller has done all that it does by itself: what it has left alone is told by {@link WorkloadKind.held}. */
  readonly isComplete: boolean;
  /** `1 of 3 replicas updated`. */
  readonly message: string;
  readonly states: readonly ControllerState[];
}

/** Pods that the update strategy leaves at another version, until a person does something. */
export interface HeldPods {
  readonly pods: readonly Pod[];
  /** The setting that leaves them: `updateStrategy OnDelete`. */
  readonly because: string;
  /** What the person does, as a command. */
  readonly remedy: string;
}

/** A controller that replaces pods in their order, and waits for each. */
export interface BlockingPods {
  /** Whether this workload's does. */
  mayBlock(live: Workload): boolean;
  /**
   * The pod of another version for which the controller waits, though it may never be ready: the one to be replaced next by
   * whoever may.
   * @param others active pods of other versions.
   * @param all active pods of the workload.
   * @param now milliseconds since 1970.
   */
  first(live: Workload, others: readonly Pod[], all: readonly Pod[], now: number): Pod | undefined;
}

/** The history of a kind: which objects hold its templates, and how. */
export interface WorkloadHistory {
  readonly kind: 'ReplicaSet' | 'ControllerRevision';
  readonly collection: Extract<Resource, 'replicasets' | 'controllerrevisions'>;
  /** Whether the number of what is gone back to grows in the object that holds it: what is in memory is of before. */
  readonly numbersGrow: boolean;
  /** None for an object that does not count. */
  revisionOf(object: RevisionObject): Revision | undefined;
  sourceOf(revision: Pick<Revision, 'name' | 'uid' | 'podTemplateHash'>): PinSource;
}

/**
 * What differs between the kinds of workloads. A further kind is a file that fills this in, and a line in kinds.ts: whoever
 * needs to know which kind a workload is asks here.
 */
export interface WorkloadKind {
  readonly kind: WorkloadKindName;
  /** As kubectl and messages name it: `deployment`. */
  readonly word: Lowercase<WorkloadKindName>;
  readonly collection: Resource;
  readonly history: WorkloadHistory;
  /** What its pods are counted as: `replicas`. */
  readonly unit: string;
  /** What is said of one that wants no pod: its rollout is complete, and nothing runs. */
  readonly wantsNone: string;
  /** The uids by which its pods name their controller. */
  podOwners(live: Workload | undefined, revisions: readonly Revision[]): ReadonlySet<string>;
  /** Whether a pod of the workload is of a revision. */
  isOf(pod: Pod, revision: Pick<Revision, 'uid' | 'podTemplateHash'>): boolean;
  /** Whether it was made for the revision, and not adopted from somewhere. */
  isMadeFor(pod: Pod, revision: Pick<Revision, 'name' | 'createdAt'>): boolean;
  view(live: Workload): ControllerView;
  /** The number of the version that the workload is of. */
  revisionOf(live: Workload, holder: Pick<Revision, 'revision'>): number;
  /** Of active pods of another version those that no controller will replace; none where all are replaced. */
  held(live: Workload, others: readonly Pod[]): HeldPods | undefined;
  /** The workload's own limit of a rollout without progress, in seconds; none where the kind has none. */
  progressDeadlineSeconds(live: Workload): number | undefined;
  /** Whether a new pod waits for an old one to end. */
  waitsForEnds(live: Workload): boolean;
  /** How its controller may wait for a pod of another version for ever; none where it never does. */
  readonly blocking?: BlockingPods;
  /** Where its controller says that it may not create pods: in the workload's conditions, or in events alone. */
  readonly refusalsIn: 'conditions' | 'events';
  /** What of a template the rest of the workload's spec, which no rollback changes, does not provide. */
  unprovided?(live: Workload, template: RawObject): readonly string[];
  /** What an operator should know of it before a rollback. */
  warnings(live: Workload): readonly string[];
  /** What is to be said of a rollout that is complete: pods that nobody counts. */
  uncounted(live: Workload): readonly string[];
}

/** `deployment/master-orchestrator` */
export function nameOf({ kind, name }: Pick<WorkloadPlace, 'kind' | 'name'>): string {
  return `${kind.word}/${name}`;
}

/**
 * The beginning of the names of objects that are kept beside a workload. Those of a Deployment have its name alone, as they
 * had before there were other kinds; a StatefulSet of the same name has its own.
 */
export function keptUnder({ kind, name }: Pick<WorkloadPlace, 'kind' | 'name'>): string {
  return kind.kind === 'Deployment' ? name : `${kind.word}-${name}`;
}

/** True when the controller has seen the newest spec: only then what it says is of this spec. */
export function isObserved({ metadata, status }: Workload): boolean {
  return (status?.observedGeneration ?? 0) >= (metadata.generation ?? 0);
}
