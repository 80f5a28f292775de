import type { KnownGoodRecord } from '../../../domain/proof/known-good.ts';
import { ApiError, isStatus } from '../api/api-error.ts';
import { apiVersionOf, type ObjectMeta, type PodTemplate, type RawObject } from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';
import { fingerprint, versionId, withoutHash } from '../template/fingerprint.ts';
import { keptUnder, type WorkloadPlace } from '../workload/workload.ts';

/** So many templates are kept; that of the oldest proof makes room for the next one. */
export const TEMPLATES_KEPT = 10;
/** Another worker may write at the same time; after so many times it has what it wanted, or the next proof will. */
const ATTEMPTS = 3;

const FINGERPRINT = 'rollback-runbook/fingerprint';
const REVISION = 'rollback-runbook/revision';
const CREATED_AT = 'rollback-runbook/created-at';

/** The template of a version that was proved, which the workload's own history may not have any more. */
export interface KeptTemplate {
  readonly name: string;
  readonly uid: string;
  readonly fingerprint: string;
  readonly template: RawObject;
  /** The number that it had in the history when it was proved; 0 when it is not known. */
  readonly revision: number;
  readonly createdAt: string;
}

/** A template that is to be kept, with its place in the history, and the workload that it is of. */
export interface ProvedTemplate extends Omit<KeptTemplate, 'name' | 'uid'> {
  readonly owner: ObjectMeta;
}

/** The names of the PodTemplates: `<deployment>-known-good-0` and on (`statefulset-<name>-…` for another kind), so that a Role can name them. */
export function keptNames(workload: Pick<WorkloadPlace, 'kind' | 'name'>): readonly string[] {
  return Array.from({ length: TEMPLATES_KEPT }, (_, number) => `${keptUnder(workload)}-known-good-${number}`);
}

/**
 * Reads the templates that were kept for this very workload: one list. Whoever may not read them has none. What is not
 * what it says to be (somebody has changed it) is none either.
 */
export async function readKeptTemplates(
  transport: ApiTransport,
  workload: WorkloadPlace,
  { uid }: Pick<ObjectMeta, 'uid'>,
  signal: AbortSignal,
): Promise<readonly KeptTemplate[]> {
  try {
    const slots = await listSlots(transport, workload, signal);
    return slots.filter((slot) => isOwnedBy(slot, uid)).flatMap((slot) => keptIn(slot) ?? []);
  } catch (error) {
    if (isStatus(error, 403)) return [];
    throw error;
  }
}

/**
 * Keeps the template of a version that was proved, in the PodTemplate whose proof is the oldest. Its owner is the workload,
 * with which it goes. Safe to repeat: a template that is kept already is left alone. Where it cannot be kept (a Role of
 * before, a quota, an admission webhook) the proof stands all the same.
 * @param proofs what is proved by now, by fingerprint: the others may go first.
 * @returns whether it is kept.
 */
export async function keepTemplate(
  transport: ApiTransport,
  workload: WorkloadPlace,
  proved: ProvedTemplate,
  proofs: ReadonlyMap<string, KnownGoodRecord>,
  signal: AbortSignal,
): Promise<boolean> {
  const { namespace } = workload;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
    try {
      const slots = await listSlots(transport, workload, signal);
      const own = slots.filter((slot) => isOwnedBy(slot, proved.owner.uid));
      if (own.some((slot) => isVersion(keptIn(slot), proved))) return true;
      const free = keptNames(workload).find((name) => !slots.some((slot) => slot.metadata.name === name));
      if (free) {
        const body = { apiVersion: 'v1', kind: 'PodTemplate', ...contentOf(free, workload, proved) };
        await transport.create({ resource: 'podtemplates', namespace }, body, signal);
        return true;
      }
      const oldest = slots.toSorted((a, b) => provedAt(a, proofs) - provedAt(b, proofs))[0];
      if (!oldest) return false;
      const { name, resourceVersion } = oldest.metadata;
      const content = contentOf(name, workload, proved);
      await transport.patch(
        { resource: 'podtemplates', namespace, name },
        'application/json-patch+json',
        [
          { op: 'test', path: '/metadata/resourceVersion', value: resourceVersion },
          { op: 'add', path: '/metadata/annotations', value: content.metadata.annotations },
          { op: 'add', path: '/metadata/ownerReferences', value: content.metadata.ownerReferences },
          { op: 'replace', path: '/template', value: content.template },
        ],
        signal,
      );
      return true;
    } catch (error) {
      if (!(error instanceof ApiError) || error.outcomeUnknown || error.code === 429) throw error;
      // Taken or changed by another worker meanwhile; anything else is a refusal.
      if (error.code !== 409 && !(error.code === 422 && attempt < ATTEMPTS)) return false;
    }
  }
  return false;
}

async function listSlots(
  transport: ApiTransport,
  workload: WorkloadPlace,
  signal: AbortSignal,
): Promise<readonly PodTemplate[]> {
  const names = keptNames(workload);
  const query = { labelSelector: 'app.kubernetes.io/managed-by=rollback-runbook' };
  const { items } = await transport.list<PodTemplate>(
    { resource: 'podtemplates', namespace: workload.namespace, query },
    signal,
  );
  return items.filter(({ metadata }) => names.includes(metadata.name) && !metadata.deletionTimestamp);
}

function keptIn({ metadata, template }: PodTemplate): KeptTemplate | undefined {
  const { name, uid, annotations = {} } = metadata;
  const print = fingerprint(template);
  if (annotations[FINGERPRINT] !== print) return undefined;
  const revision = Number(annotations[REVISION]);
  return {
    name,
    uid,
    fingerprint: print,
    template: withoutHash(template),
    revision: Number.isInteger(revision) ? revision : 0,
    createdAt: annotations[CREATED_AT] ?? '',
  };
}

function contentOf(
  as: string,
  { kind: { kind, collection } }: Pick<WorkloadPlace, 'kind'>,
  { fingerprint: print, template, revision, createdAt, owner: { name, uid } }: ProvedTemplate,
) {
  return {
    metadata: {
      name: as,
      labels: { 'app.kubernetes.io/managed-by': 'rollback-runbook' },
      annotations: { [FINGERPRINT]: print, [REVISION]: String(revision), [CREATED_AT]: createdAt },
      ownerReferences: [{ apiVersion: apiVersionOf(collection), kind, name, uid }],
    },
    template: withoutHash(template),
  };
}

/** A restart of a version is the version. */
function isVersion(kept: KeptTemplate | undefined, { template }: ProvedTemplate): boolean {
  return kept !== undefined && versionId(kept.template) === versionId(template);
}

function isOwnedBy({ metadata }: PodTemplate, uid: string): boolean {
  return metadata.ownerReferences?.some((owner) => owner.uid === uid) === true;
}

/** When the version was proved last; one that has no proof any more goes first. */
function provedAt({ template }: PodTemplate, proofs: ReadonlyMap<string, KnownGoodRecord>): number {
  const [print, id] = [fingerprint(template), versionId(template)];
  const own = [...proofs.values()].filter((proof) => proof.fingerprint === print || proof.id === id);
  return Math.max(0, ...own.map(({ at }) => Date.parse(at)));
}
