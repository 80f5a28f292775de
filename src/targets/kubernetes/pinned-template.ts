import { RunbookError } from '../../domain/errors.ts';
import type { KubernetesPin } from '../../domain/pins.ts';
import { isStatus } from './api-error.ts';
import { fingerprint, withoutHash } from './fingerprint.ts';
import type { Revision } from './history.ts';
import { imageOf, withImage } from './pod-template.ts';
import type { Deployment, RawObject, ReplicaSet } from './resources.ts';
import type { Transport } from './transport.ts';

/** A template with its identity. */
export interface PinnedTemplate {
  readonly template: RawObject;
  readonly fingerprint: string;
}

/**
 * The content that a pin refers to: from memory when this worker listed the ReplicaSets, else from the ReplicaSet
 * itself. Either way it must have the pin's fingerprint.
 * @param revisions the templates in memory.
 */
export async function pinnedTemplate(
  transport: Transport,
  pin: KubernetesPin,
  live: Deployment,
  revisions: readonly Revision[],
  signal: AbortSignal,
): Promise<PinnedTemplate> {
  const { source } = pin;
  if (source.kind === 'image') return withPinnedImage(live, source.container, source.image);
  if (source.kind === 'live') return { template: live.spec.template, fingerprint: pin.fingerprint };
  const kept = revisions.find(({ uid }) => uid === source.uid);
  if (kept?.fingerprint === pin.fingerprint) return kept;
  const replicaSet = await readReplicaSet(transport, pin, source.name, signal);
  const template = withoutHash(replicaSet.spec.template);
  const found = fingerprint(template);
  if (replicaSet.metadata.uid !== source.uid || found !== pin.fingerprint) {
    throw new RunbookError(
      'PinLost',
      `replicaset/${source.name} is not the pinned one any more (${pin.version}); start a new run, which plans anew`,
    );
  }
  return { template, fingerprint: found };
}

function withPinnedImage({ spec, metadata }: Deployment, container: string, image: string): PinnedTemplate {
  if (imageOf(spec.template, container) === undefined) {
    throw new RunbookError(
      'WorkloadChanged',
      `deployment/${metadata.name} has no container ${container} any more`,
    );
  }
  const template = withImage(spec.template, container, image);
  return { template, fingerprint: fingerprint(template) };
}

async function readReplicaSet(
  transport: Transport,
  { workload: { namespace }, version }: KubernetesPin,
  name: string,
  signal: AbortSignal,
): Promise<ReplicaSet> {
  try {
    return await transport.get<ReplicaSet>({ resource: 'replicasets', namespace, name }, signal);
  } catch (error) {
    if (!isStatus(error, 404)) throw error;
    throw new RunbookError(
      'PinLost',
      `replicaset/${name}, which holds ${version}, is gone; start a new run, which plans anew`,
    );
  }
}
