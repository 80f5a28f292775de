import { RunbookError } from '../../../domain/errors.ts';
import type { ConfigPolicy } from '../../../domain/request/profile.ts';
import type { KubernetesPin } from '../../../domain/versions/pins.ts';
import type { Workload } from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';
import { ofHelm, rewriterOf } from '../config/config-source.ts';
import { readIfThere } from '../config/kept-config.ts';
import { findSharing } from '../config/sharing.ts';
import type { Revision, WorkloadPlace } from '../workload/workload.ts';

/** What a plan that writes objects of the user is looked at with. */
export interface PlannedInPlace {
  readonly transport: ApiTransport;
  readonly place: WorkloadPlace;
  readonly policy: ConfigPolicy;
  readonly revisions: readonly Revision[];
}

/**
 * Looks before anything is changed whether objects may be written where they stand: whether they are of this workload alone, and
 * whether nobody writes them anew. What was there before a rollback is brought back whoever else has come to use it.
 * @returns what the profile accepts, a line each.
 * @throws ConfigNotWritable for what it does not.
 */
export async function inPlaceWarnings(
  { transport, place, policy, revisions }: PlannedInPlace,
  { inPlace = [], purpose }: KubernetesPin,
  live: Workload,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (inPlace.length === 0 || purpose === 'restore') return [];
  const { namespace, kind } = place;
  const references = inPlace.map(({ reference }) => reference);
  const own = new Set([live.metadata.uid, ...kind.podOwners(live, revisions)]);
  const [{ others, unlisted }, rewriters] = await Promise.all([
    findSharing(transport, namespace, references, own, signal),
    Promise.all(
      references.map(async (reference) => {
        const object = await readIfThere(transport, namespace, reference, signal);
        const found = object ? rewriterOf(object) : '';
        return found === '' ? '' : `${reference} ${found}`;
      }),
    ),
  ]);
  const managed = rewriters.filter((line) => line !== '');
  const isShared = others.length > 0 || unlisted.length > 0;
  if (isShared && policy.shared === 'refuse') throw sharedWith(references, others, unlisted);
  const [first] = managed;
  if (first && policy.managed === 'refuse') {
    throw new RunbookError(
      'ConfigNotWritable',
      `${managed.join('; ')}. What is written would not stay: change it there, use config.restore: by-reference, or accept it with config.managed: accept; nothing was changed`,
    );
  }
  return [
    ...others.map((other) => `${other}, which is written in place: that workload gets the change too`),
    ...(unlisted.length > 0 ? [unknownSharing(references, unlisted)] : []),
    ...managed.map((line) => `${line}; it is written all the same (config.managed: accept)`),
  ];
}

/**
 * What is said of objects of a Helm release that a plan writes, or leaves as they are while the template refers to copies: one
 * GET for each of these, and none where there are none.
 */
export async function helmWarnings(
  transport: ApiTransport,
  namespace: string,
  { copies = [], inPlace = [] }: Pick<KubernetesPin, 'copies' | 'inPlace'>,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const told = async (reference: string, here: string) => {
    // Of a Secret nothing is read for a hint.
    if (!reference.startsWith('configmap/')) return '';
    const object = await readIfThere(transport, namespace, reference, signal);
    const said = object ? ofHelm(object.metadata, here) : '';
    return said === '' ? '' : `${reference} ${said}`;
  };
  const lines = await Promise.all([
    ...copies.map(({ reference }) => told(reference, 'it is left as it is here')),
    ...inPlace.map(({ reference }) => told(reference, 'its content alone is written here')),
  ]);
  return lines.filter((line) => line !== '');
}

function sharedWith(
  references: readonly string[],
  others: readonly string[],
  unlisted: readonly string[],
): RunbookError {
  const why =
    others.length > 0
      ? `other workloads take config too: ${others.join(', ')}`
      : unknownSharing(references, unlisted);
  return new RunbookError(
    'ConfigNotWritable',
    `${why}. Writing it in place would change them as well: use config.restore: by-reference, or accept it with config.shared: accept; nothing was changed`,
  );
}

function unknownSharing(references: readonly string[], unlisted: readonly string[]): string {
  return `whether other workloads take config from ${references.join(', ')} is not known: the worker may not list ${unlisted.join(', ')} (deploy/rbac-config-in-place.yaml)`;
}
