import { ApiError } from '../api/api-error.ts';
import type { Workload } from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';
import { annotationsThatDiffer, contentFingerprint, versionId } from '../template/fingerprint.ts';
import { objectAt } from '../template/pod-template.ts';
import type { Revision, WorkloadKind } from '../workload/workload.ts';

/** The annotation by which the dry run changes the template; it is never stored. */
const PROBE = 'rollback-runbook/dry-run';

/**
 * Whether two versions differ by template annotations alone: only then it has to be known which of them a person has
 * written, and which ones admission writes anew with every change.
 */
export function areInDoubt({ spec }: Workload, revisions: readonly Revision[]): boolean {
  const templates = [spec.template, ...revisions.map(({ template }) => template)];
  const byRest = Map.groupBy(templates, contentFingerprint);
  return [...byRest.values()].some((same) => new Set(same.map((template) => versionId(template))).size > 1);
}

/**
 * Names of the template annotations that admission writes anew with every change (a time, a request id): what a dry run
 * of a change of the template brings back with another value than is live. Changes nothing. A cluster that refuses the
 * dry run, because of a webhook that cannot do without effects or a missing right, tells of none.
 */
export async function stampedAnnotations(
  transport: ApiTransport,
  { collection }: Pick<WorkloadKind, 'collection'>,
  live: Workload,
  fieldManager: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const { metadata, spec } = live;
  const { name, namespace = '' } = metadata;
  const path = '/spec/template/metadata';
  const templateMetadata = objectAt(spec.template, 'metadata');
  const annotations = {
    ...objectAt(templateMetadata, 'annotations'),
    [PROBE]: metadata.resourceVersion ?? '',
  };
  try {
    const answer = await transport.patch<Workload>(
      { resource: collection, namespace, name, query: { dryRun: 'All', fieldManager } },
      'application/json-patch+json',
      [
        { op: 'test', path: '/metadata/uid', value: metadata.uid },
        { op: 'add', path: `${path}/annotations`, value: annotations },
      ],
      signal,
    );
    return annotationsThatDiffer(spec.template, answer.spec.template).filter((one) => one !== PROBE);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ApiError && !error.outcomeUnknown) return [];
    throw error;
  }
}
