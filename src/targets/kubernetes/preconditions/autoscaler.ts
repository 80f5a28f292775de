import { shellWord } from '../../../domain/media/shell.ts';
import type { PreconditionFinding } from '../../../domain/preconditions/preconditions.ts';
import { withoutAddresses } from '../../../domain/without-addresses.ts';
import { capped } from '../api/api-error.ts';
import type { Condition, ObjectMeta, Pod } from '../api/resources.ts';
import { findingOf, type Note } from './finding.ts';
import { known, type Seen, unreadOf } from './seen.ts';

interface Reference {
  readonly kind?: string;
  readonly name?: string;
  readonly apiVersion?: string;
}

/** autoscaling/v2 HorizontalPodAutoscaler. */
export interface HorizontalAutoscaler {
  readonly metadata: ObjectMeta;
  readonly spec?: {
    readonly scaleTargetRef?: Reference;
    readonly minReplicas?: number;
    readonly maxReplicas?: number;
  };
  readonly status?: {
    readonly desiredReplicas?: number;
    readonly conditions?: readonly Condition[];
  };
}

/** autoscaling.k8s.io/v1 VerticalPodAutoscaler. */
export interface VerticalAutoscaler {
  readonly metadata: ObjectMeta;
  readonly spec?: {
    readonly targetRef?: Reference;
    readonly updatePolicy?: { readonly updateMode?: string };
  };
}

/** The workload that they may be about. */
export interface Scaled {
  readonly namespace: string;
  readonly kind: string;
  readonly name: string;
  /** `spec.replicas`; none of a DaemonSet. */
  readonly replicas?: number;
}

/** Written into pods whose resources a VerticalPodAutoscaler has changed. */
const VPA_UPDATES = 'vpaUpdates';

/**
 * What autoscalers mean for a rollback. It writes the template and leaves `spec.replicas` to whoever writes it, so one that works
 * is in nobody's way; one that cannot read its metrics leaves the old version with the number of now, two of them move
 * the number against each other while the rollout is waited for, and a vertical one evicts pods meanwhile. Pure.
 */
export function judgeAutoscalers(
  scaled: Scaled,
  pods: readonly Pod[],
  horizontal: Seen<readonly HorizontalAutoscaler[]>,
  vertical: Seen<readonly VerticalAutoscaler[]>,
): PreconditionFinding {
  const isMeant = (reference: Reference = {}) =>
    reference.kind === scaled.kind &&
    reference.name === scaled.name &&
    (reference.apiVersion ?? 'apps/v1').startsWith('apps/');
  const hpas = known(horizontal).filter(({ spec }) => isMeant(spec?.scaleTargetRef));
  const vpas = known(vertical).filter(({ spec }) => isMeant(spec?.targetRef));
  const notes = [
    ...together(hpas, scaled),
    ...hpas.map((hpa) => horizontalNote(hpa, scaled)),
    ...vpas.map((vpa) => verticalNote(vpa, scaled)),
    ...byTraces(pods, vpas),
  ];
  return findingOf(
    'autoscaler',
    notes,
    `no autoscaler of namespace ${scaled.namespace} is about it`,
    unreadOf([horizontal, vertical]),
  );
}

function together(hpas: readonly HorizontalAutoscaler[], { namespace }: Scaled): readonly Note[] {
  if (hpas.length < 2) return [];
  const [, second] = hpas;
  const all = hpas.map(({ metadata }) => metadata.name);
  return [
    {
      state: 'not-met',
      says: `${all.length} HorizontalPodAutoscalers (${all.join(', ')}) scale it against each other: the rollout may never be complete`,
      remedy: `kubectl delete horizontalpodautoscaler ${shellWord(second?.metadata.name ?? '')} -n ${shellWord(namespace)}`,
    },
  ];
}

function horizontalNote(
  { metadata, spec = {}, status = {} }: HorizontalAutoscaler,
  { replicas }: Scaled,
): Note {
  const { minReplicas = 1, maxReplicas = 0 } = spec;
  const name = `horizontalpodautoscaler/${metadata.name}${ownerOf(metadata)}`;
  const condition = (type: string, on: string) =>
    status.conditions?.find((one) => one.type === type && one.status === on);
  const idle = condition('ScalingActive', 'False');
  const stuck = condition('AbleToScale', 'False');
  if (replicas === 0 && minReplicas > 0) {
    return {
      state: 'met',
      says: `${name} is off while the workload is scaled to 0: the rollback starts no pod`,
    };
  }
  const broken = stuck ?? idle;
  if (broken) {
    const why = [broken.reason, capped(withoutAddresses(broken.message ?? ''), 150)]
      .filter(Boolean)
      .join(': ');
    return {
      state: 'not-met',
      says: `${name} ${stuck ? 'cannot scale' : 'cannot read its metrics'} (${why}): the replicas stay at ${replicas ?? 'what they are'} after the rollback too, whatever the load`,
    };
  }
  const limited = condition('ScalingLimited', 'True');
  const bound =
    limited?.reason === 'TooManyReplicas' || (maxReplicas > 0 && (replicas ?? 0) >= maxReplicas)
      ? `; it is at its most, so the version that comes back gets no more pods than these`
      : limited?.reason === 'TooFewReplicas'
        ? '; it is at its least'
        : '';
  return {
    state: 'met',
    says: `${name} keeps ${minReplicas} to ${maxReplicas} replicas (${replicas ?? '?'} now): the rollback leaves their number to it${bound}`,
  };
}

/** KEDA makes a HorizontalPodAutoscaler of each ScaledObject. */
function ownerOf({ ownerReferences = [], labels = {} }: ObjectMeta): string {
  const owner = ownerReferences.find(({ kind }) => kind === 'ScaledObject')?.name;
  const named = owner ?? labels['scaledobject.keda.sh/name'];
  return named ? ` (of KEDA's ScaledObject ${named})` : '';
}

function verticalNote({ metadata, spec = {} }: VerticalAutoscaler, { namespace }: Scaled): Note {
  const mode = spec.updatePolicy?.updateMode ?? 'Auto';
  const name = `verticalpodautoscaler/${metadata.name}`;
  if (mode === 'Off') return { state: 'met', says: `${name} only recommends (updateMode Off)` };
  if (mode === 'Initial') {
    return {
      state: 'met',
      says: `${name} gives new pods other requests than the template has, and leaves running ones alone (updateMode Initial)`,
    };
  }
  const off = shellWord('{"spec":{"updatePolicy":{"updateMode":"Off"}}}');
  return {
    state: 'not-met',
    says: `${name} evicts pods and gives them other requests (updateMode ${mode}), while the rollout is waited for too`,
    remedy: `kubectl patch verticalpodautoscaler ${shellWord(metadata.name)} -n ${shellWord(namespace)} --type merge -p ${off}`,
  };
}

/** One that was not seen leaves its trace in the pods. */
function byTraces(pods: readonly Pod[], seen: readonly VerticalAutoscaler[]): readonly Note[] {
  if (seen.length > 0) return [];
  const traces = new Set(
    pods.flatMap(({ metadata: { annotations = {} } }) => {
      const by = /updated by (\S+):/.exec(annotations[VPA_UPDATES] ?? '')?.[1];
      return by ? [by] : [];
    }),
  );
  return [...traces].map((name) => ({
    state: 'unknown',
    says: `verticalpodautoscaler/${name} has given its pods other requests, as their annotations say; whether it evicts them is not known`,
  }));
}
