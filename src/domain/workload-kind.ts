/** The kinds of Kubernetes workloads that can be rolled back (apps/v1). */
export const WORKLOAD_KINDS = ['Deployment', 'StatefulSet', 'DaemonSet'] as const;
export type WorkloadKindName = (typeof WORKLOAD_KINDS)[number];

/** What a pin of before there were other kinds is of. */
export const FIRST_KIND: WorkloadKindName = 'Deployment';

/** The setting of a profile that names a workload of the kind: `statefulSet`. */
export function settingOf<Kind extends WorkloadKindName>(kind: Kind): Uncapitalize<Kind> {
  return `${kind.charAt(0).toLowerCase()}${kind.slice(1)}` as Uncapitalize<Kind>;
}
