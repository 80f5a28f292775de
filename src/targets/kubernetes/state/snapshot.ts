import { RunbookError } from '../../../domain/errors.ts';
import { isInHistory, type PinSource, type SnapshotReference } from '../../../domain/versions/pins.ts';
import type { LiveVersion } from '../../../domain/versions/versions.ts';
import { ApiError, isStatus } from '../api/api-error.ts';
import type { ConfigMap, RawObject, Workload } from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';
import { fingerprint } from '../template/fingerprint.ts';
import { keptUnder, nameOf, type WorkloadKind, type WorkloadPlace } from '../workload/workload.ts';
import { historyLimitOf } from './history.ts';

const FINGERPRINT = 'rollback-runbook/fingerprint';
const TEMPLATE = 'template.json';
/** With each further change of a run (falling back) the ReplicaSet of the snapshot is one older: so many may come. */
const CHANGES_AFTER = 4;

/** True when no ReplicaSet will keep the live template: there is none of it, or the controller keeps no old ones. */
export function needsCopy(source: PinSource, historyLimit: number): boolean {
  return !isInHistory(source) || historyLimit < 1;
}

/**
 * Says where the live template is kept. A ReplicaSet of it keeps it by itself: after the rollback it is the newest
 * one of the history, and `revisionHistoryLimit` says how many further changes it outlives. Where these may be too few
 * it is written into the ConfigMap `<deployment>-snapshot-<generation>` (`statefulset-<name>-…` for another kind), which stays in the namespace (a template holds
 * no more secrets there than in its ReplicaSet). Where that is refused (the worker may not, admission will not, it is more
 * than the 1 MiB that a ConfigMap holds) it is left to a ReplicaSet that outlives the next change at least.
 */
export async function keepSnapshot(
  transport: ApiTransport,
  kind: WorkloadKind,
  decidedOn: LiveVersion,
  live: Workload,
  signal: AbortSignal,
): Promise<SnapshotReference> {
  const { source, version, image, generation, uid } = decidedOn;
  const { name, namespace = '' } = live.metadata;
  const print = fingerprint(live.spec.template);
  if (live.metadata.uid !== uid || print !== decidedOn.fingerprint) {
    throw new RunbookError(
      'WorkloadChanged',
      `${kind.word}/${name} was changed after it was observed; start a new run, which plans anew`,
    );
  }
  const snapshot = { fingerprint: print, version, image, generation };
  const limit = historyLimitOf(live);
  const holder =
    isInHistory(source) && !needsCopy(source, limit)
      ? { ...snapshot, keptIn: `${kind.history.kind.toLowerCase()}/${source.name}`, uid: source.uid }
      : undefined;
  if (holder && limit >= CHANGES_AFTER) return holder;
  try {
    const kept = await createOnce(
      transport,
      kind,
      `${keptUnder({ kind, name })}-snapshot-${generation}`,
      namespace,
      live,
      signal,
    );
    return { ...snapshot, keptIn: `configmap/${kept.metadata.name}`, uid: kept.metadata.uid };
  } catch (error) {
    if (holder && error instanceof ApiError && isRefused(error)) return holder;
    throw isTooLarge(error) ? keptNowhere({ kind, name }, error) : error;
  }
}

/** Whether an object was refused for what it is, and not for a state of the server that passes. */
function isRefused(error: ApiError): boolean {
  return error.isRefusedByAdmission || [403, 413, 422].includes(error.code);
}

function isTooLarge(error: unknown): error is ApiError {
  return isStatus(error, 413) || (isStatus(error, 422) && /too long/i.test(error.message));
}

function keptNowhere(workload: Pick<WorkloadPlace, 'kind' | 'name'>, { message }: ApiError): RunbookError {
  return new RunbookError(
    'WriteRejected',
    `what runs now is more than a ConfigMap holds, and no ${workload.kind.history.kind} will keep it (${message}): raise spec.revisionHistoryLimit of ${nameOf(workload)}`,
  );
}

/** The template that a snapshot's ConfigMap holds; none when it holds something else. */
export function templateIn({ data }: ConfigMap): RawObject | undefined {
  try {
    const template: unknown = JSON.parse(data?.[TEMPLATE] ?? '');
    return typeof template === 'object' && template !== null ? (template as RawObject) : undefined;
  } catch {
    return undefined;
  }
}

/** Creates the ConfigMap, or finds the one that an earlier attempt created. */
async function createOnce(
  transport: ApiTransport,
  kind: WorkloadKind,
  name: string,
  namespace: string,
  { metadata, spec }: Workload,
  signal: AbortSignal,
): Promise<ConfigMap> {
  const print = fingerprint(spec.template);
  const body = (as: string) => ({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: as,
      labels: { 'app.kubernetes.io/managed-by': 'rollback-runbook' },
      annotations: { [FINGERPRINT]: print, [`rollback-runbook/${kind.word}`]: metadata.name },
    },
    data: { [TEMPLATE]: JSON.stringify(spec.template) },
  });
  const create = async (as: string): Promise<ConfigMap> => {
    try {
      return await transport.create<ConfigMap>({ resource: 'configmaps', namespace }, body(as), signal);
    } catch (error) {
      if (!isStatus(error, 409)) throw error;
      return transport.get<ConfigMap>({ resource: 'configmaps', namespace, name: as }, signal);
    }
  };
  const kept = await create(name);
  // One that was created again counts its generations from 1: the name may be taken by its forerunner.
  if (kept.metadata.annotations?.[FINGERPRINT] === print) return kept;
  return create(`${name}-${print.slice(0, 8)}`);
}
