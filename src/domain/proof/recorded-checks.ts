import type { CheckResult, Sample } from './checks.ts';

/*
 * The words of version 0.1.0 in what is read back: histories, reports of runs that were under way, and heartbeats of a
 * worker of that version beside which a newer one starts. It wrote `saw` for `observed` and `looks` for `probes`.
 */
interface Earlier {
  readonly saw?: string;
  readonly looks?: number;
}

/** A check's result, whichever version has written it. */
export function readCheckResult(recorded: CheckResult): CheckResult {
  return { ...recorded, evidence: recorded.evidence.map(observedIn) };
}

/** The progress that an earlier attempt of a check or a watch has reported, whichever version ran it. */
export function readProgress<
  Progress extends {
    readonly probes: number;
    readonly decisive?: { readonly observed: string };
    readonly evidence?: readonly Sample[];
  },
>(recorded: Progress): Progress {
  const { looks, ...progress } = recorded as Progress & Earlier;
  const { decisive, evidence } = progress;
  return {
    ...progress,
    probes: progress.probes ?? looks ?? 0,
    ...(decisive ? { decisive: observedIn(decisive) } : {}),
    ...(evidence ? { evidence: evidence.map(observedIn) } : {}),
  } as Progress;
}

function observedIn<Part extends { readonly observed: string }>(recorded: Part): Part {
  const { saw, ...part } = recorded as Part & Earlier;
  return { ...part, observed: part.observed ?? saw ?? '' } as Part;
}
