import type { LiveSince } from '../../../../domain/need/signals.ts';
import { isStatus } from '../../api/api-error.ts';
import type { ObjectMeta } from '../../api/resources.ts';
import type { ApiTransport } from '../../api/transport.ts';
import { isActive, listPods } from '../../workload/pods.ts';
import type { ObservedMoment } from '../observation.ts';
import { currentRevisions, factsOf, type LiveQuestion } from './facts.ts';
import { type LiveDetails, liveSince, type ScaledUp } from './judge.ts';

/** An event of a Deployment's controller (core/v1). */
interface ScalingEvent {
  readonly metadata: ObjectMeta;
  readonly message?: string;
  readonly firstTimestamp?: string | null;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly series?: { readonly lastObservedTime?: string };
}

/** `Scaled up replica set web-6c6cd4b7cc from 0 to 2`; ` to 2` alone before Kubernetes 1.26. */
const SCALED_UP = /^Scaled up replica set (\S+) (?:from (\d+) )?to \d+$/;

/**
 * Since when the current version is live. Mostly the observation says it; where it does not, events and pods are asked, one list
 * of each: whoever may not read them is told a later time, `exact: false`.
 */
export async function readLiveSince(
  transport: ApiTransport,
  moment: ObservedMoment,
  question: LiveQuestion,
  signal: AbortSignal,
): Promise<LiveSince | undefined> {
  const facts = factsOf(moment, question);
  const known = liveSince(facts);
  if (known !== 'ask') return known;
  const { kind } = question;
  const [scaledUp, podsAt] = await Promise.all([
    kind.refusalsIn === 'conditions' ? allowed(scalings(transport, moment, signal)) : [],
    allowed(podTimes(transport, moment, question, signal)),
  ]);
  const details: LiveDetails = { scaledUp, podsAt };
  const found = liveSince(facts, details);
  return found === 'ask' ? undefined : found;
}

async function scalings(
  transport: ApiTransport,
  { live: { metadata } }: ObservedMoment,
  signal: AbortSignal,
): Promise<readonly ScaledUp[]> {
  const query = { fieldSelector: `involvedObject.uid=${metadata.uid},reason=ScalingReplicaSet` };
  const { items } = await transport.list<ScalingEvent>(
    { resource: 'events', namespace: metadata.namespace ?? '', query },
    signal,
  );
  return items.flatMap(({ message = '', firstTimestamp, lastTimestamp, eventTime, series, metadata }) => {
    const [, name, from] = SCALED_UP.exec(message) ?? [];
    const first = firstTimestamp ?? eventTime ?? metadata.creationTimestamp ?? '';
    const firstAt = Date.parse(first);
    const lastAt = Date.parse(series?.lastObservedTime ?? lastTimestamp ?? first);
    return name && !Number.isNaN(firstAt) && !Number.isNaN(lastAt)
      ? [{ name, firstAt, lastAt, ...(from === undefined ? {} : { from: Number(from) }) }]
      : [];
  });
}

async function podTimes(
  transport: ApiTransport,
  moment: ObservedMoment,
  { kind }: LiveQuestion,
  signal: AbortSignal,
): Promise<readonly number[]> {
  const current = currentRevisions(moment);
  const pods = await listPods(transport, moment.live, signal);
  return pods
    .filter(isActive)
    .filter((pod) => current.some((one) => kind.isOf(pod, one) && kind.isMadeFor(pod, one)))
    .map(({ metadata }) => Date.parse(metadata.creationTimestamp ?? ''))
    .filter((at) => !Number.isNaN(at));
}

/** What may not be read tells nothing. */
async function allowed<T>(read: Promise<readonly T[]>): Promise<readonly T[]> {
  try {
    return await read;
  } catch (error) {
    if (isStatus(error, 403)) return [];
    throw error;
  }
}
