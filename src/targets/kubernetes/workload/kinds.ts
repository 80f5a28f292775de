import { RunbookError } from '../../../domain/errors.ts';
import type { KubernetesProfile } from '../../../domain/request/profile.ts';
import { settingOf, type WorkloadKindName } from '../../../domain/workload-kind.ts';
import { DAEMON_SET } from './daemon-set.ts';
import { DEPLOYMENT } from './deployment.ts';
import { STATEFUL_SET } from './stateful-set.ts';
import type { WorkloadKind, WorkloadPlace } from './workload.ts';

/** Every kind of workload that can be rolled back. */
export const KINDS: Readonly<Record<WorkloadKindName, WorkloadKind>> = {
  Deployment: DEPLOYMENT,
  StatefulSet: STATEFUL_SET,
  DaemonSet: DAEMON_SET,
};

/** The workload that a profile names. @throws RunbookError `InvalidConfig` when it names none, or several. */
export function placeOf(profile: KubernetesProfile): WorkloadPlace {
  const named = Object.values(KINDS).flatMap((kind) => {
    const name = profile[settingOf(kind.kind)];
    return name === undefined ? [] : [{ kind, namespace: profile.namespace, name }];
  });
  const [place] = named;
  if (place && named.length === 1) return place;
  throw new RunbookError('InvalidConfig', 'kubernetes: expected one of deployment, statefulSet, daemonSet');
}
