import { RunbookError } from '../../../domain/errors.ts';
import type { KubernetesPin } from '../../../domain/versions/pins.ts';
import type { EvidenceKey } from '../../evidence/seal.ts';
import type { ApiTransport } from '../api/transport.ts';
import { hasherOf } from '../config/content.ts';
import { kindOf, readIfThere } from '../config/kept-config.ts';

/** How config is known again. */
interface KnownBy {
  readonly evidenceKey: EvidenceKey | undefined;
  /** Hashes of what was read a moment ago, by `configmap/name`: between a read and the start of a pod there is always a moment. */
  readonly lately: Readonly<Record<string, string>>;
}

/**
 * What the template refers to as before has to hold what was proved, right before the write: anybody may have changed it
 * while the plan waited for its approval. One GET for each that was not read a moment ago.
 * @throws PinLost, which names the object.
 */
export async function assertPlannedConfig(
  transport: ApiTransport,
  { config = {}, version, workload: { namespace } }: KubernetesPin,
  { evidenceKey, lately }: KnownBy,
  signal: AbortSignal,
): Promise<void> {
  const open = Object.entries(config).filter(([name, hash]) => lately[name] !== hash);
  await Promise.all(
    open.map(async ([reference, planned]) => {
      const kind = kindOf(reference);
      const hashOf = hasherOf(kind, kind === 'secret' ? await evidenceKey?.(signal) : undefined);
      const object = await readIfThere(transport, namespace, reference, signal);
      const isGone = !object || object.metadata.deletionTimestamp;
      if (!isGone && [planned, undefined].includes(hashOf(object))) return;
      const problem = isGone ? 'is gone' : 'was changed';
      throw new RunbookError(
        'PinLost',
        `${reference} ${problem} after the plan was made, and ${version} was proved with what it held; start a new run, which plans anew`,
      );
    }),
  );
}
