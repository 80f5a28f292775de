import type { Workload } from '../../api/resources.ts';
import type { WorkloadKind } from '../../workload/workload.ts';

/** How the controller of a workload replaces its pods. */
export interface Replacement {
  /** Pods that there are to be. */
  readonly wanted: number;
  /** Pods that there may be beside these. */
  readonly surge: number;
  /** Pods that may be missing meanwhile. */
  readonly unavailable: number;
}

/** As the update strategies of apps/v1 say it. Pure. */
export function replacementOf(kind: WorkloadKind, live: Workload): Replacement {
  const { wanted } = kind.view(live);
  const { strategy, updateStrategy } = live.spec;
  switch (kind.kind) {
    case 'Deployment': {
      if (strategy?.type === 'Recreate') return { wanted, surge: 0, unavailable: wanted };
      const surge = share(strategy?.rollingUpdate?.maxSurge ?? '25%', wanted, Math.ceil);
      const missing = share(strategy?.rollingUpdate?.maxUnavailable ?? '25%', wanted, Math.floor);
      // Both nothing would never roll out (deployment_util, ResolveFenceposts).
      return { wanted, surge, unavailable: surge + missing === 0 ? 1 : Math.min(missing, wanted) };
    }
    case 'DaemonSet': {
      const surge = share(updateStrategy?.rollingUpdate?.maxSurge ?? 0, wanted, Math.ceil);
      if (surge > 0) return { wanted, surge, unavailable: 0 };
      const missing = share(updateStrategy?.rollingUpdate?.maxUnavailable ?? 1, wanted, Math.ceil);
      return { wanted, surge, unavailable: Math.max(1, missing) };
    }
    case 'StatefulSet':
      // The next pod has the name of the one before it.
      return { wanted, surge: 0, unavailable: 1 };
  }
}

/** A number of pods, or a share of all. */
function share(value: number | string, of: number, round: (pods: number) => number): number {
  if (typeof value === 'number') return value;
  const percent = /^(\d+)%$/.exec(value)?.[1];
  return percent === undefined ? Number(value) || 0 : round((Number(percent) * of) / 100);
}
