import type { CheckProgress } from '../checks/run/check-progress.ts';
import { runCheck } from '../checks/run/run-check.ts';
import { RunbookError } from '../domain/errors.ts';
import { CHECK_IDS, type CheckId, type CheckResult, type OwnPlans } from '../domain/proof/checks.ts';
import type { CheckEvidence } from '../domain/proof/known-good.ts';
import { comparedWithBaseline } from '../domain/proof/proof.ts';
import { readProgress } from '../domain/proof/recorded-checks.ts';
import { RETRY_PROFILES } from '../domain/steps/steps.ts';
import type { NamedCluster } from '../domain/versions/cluster.ts';
import type { Instance } from '../domain/versions/pins.ts';
import type { Dependencies } from './dependencies.ts';
import { stepActivity } from './step.ts';

/** What a verify step is given beside the run. */
export interface VerifyInput {
  /** Which cluster is meant; none in runs of before that was noted. */
  readonly cluster?: NamedCluster;
  /** The workload and template that the wait step proved: only these are verified. */
  readonly uid: string;
  readonly fingerprint: string;
  /** The pods that the wait step found: enough to begin with. Whoever asks later wants to know what runs by then. */
  readonly instances: readonly Instance[];
  /** What the target version's own evidence says of this check. */
  readonly baseline?: CheckEvidence;
  /** Somebody has said that it may differ from the baseline. */
  readonly differenceAccepted?: boolean;
  /** For metrics: what the smoke messages of this run account for. */
  readonly ownPlans?: OwnPlans;
}

/** The verdict comes before the step itself is timed out, with what is left for waiting in the queue. In ms. */
const LONGEST_MS = RETRY_PROFILES.check.startToClose * 1000;

/** One activity for each check, `verify-<id>`. */
export type VerifyActivities = {
  readonly [C in CheckId as `verify-${C}`]: ReturnType<typeof verification>;
};

/**
 * Runbook 6: proves the service well, one area an activity. What an area is stands in its row of `domain/proof/checks.ts`; what
 * its check reads and writes opens its folder in `checks/`.
 *
 * Reads: what the check probes, and what is live at the end.
 * Writes: nothing but what the check's folder says.
 * Result: the verdict with its evidence; a failed or open verdict is a result, not an error.
 * Errors: `WorkloadChanged`, `ClusterChanged`. A missing secret or a silent network is an inconclusive probe within the check's budget.
 * Safe to retry: a check only reads, or writes what it may write again. The budget goes on from the last heartbeat.
 */
export function verifyActivities(deps: Dependencies): VerifyActivities {
  return Object.fromEntries(
    CHECK_IDS.map((id) => [`verify-${id}`, verification(deps, id)]),
  ) as VerifyActivities;
}

/**
 * Repeats one check until it has enough good probes in a row within its budget. A failed verdict is a result: the run
 * decides what it means. A verdict on something else than what was waited for is none: whoever deploys or reverts
 * meanwhile (a GitOps tool, a person) ends the step with `WorkloadChanged`.
 */
function verification(deps: Dependencies, id: CheckId) {
  return stepActivity(
    async ({ signal, key, attempt, report, note, resume }, service: string, input: VerifyInput) => {
      const { target, checks } = deps.service(service);
      const meant = { signal, cluster: input.cluster };
      const prepared = checks[id];
      if (!prepared)
        throw new RunbookError('InvalidConfig', `the check ${id} is not configured for ${service}`);
      // A second attempt begins long after the wait step: the pods may have been replaced.
      let seen = attempt === 1 ? input.instances : [];
      const instances = async () => {
        const known = seen;
        seen = [];
        return known.length > 0 ? known : target.instances(meant);
      };
      const earlier = resume<CheckProgress>();
      const check = prepared.create();
      const found = await runCheck(check, prepared.policy, {
        signal,
        key,
        ...(input.baseline ? { baseline: input.baseline } : {}),
        ...(input.ownPlans ? { ownPlans: input.ownPlans } : {}),
        ...(input.differenceAccepted ? { differenceAccepted: true } : {}),
        longestMs: LONGEST_MS,
        instances,
        // A message is counted before it is sent; what else was probed is probed again.
        report: check.sendsMessages ? report : note,
        ...(earlier ? { resume: readProgress(earlier) } : {}),
      });
      const live = await target.current(meant);
      if (live.uid !== input.uid || live.fingerprint !== input.fingerprint) {
        throw new RunbookError(
          'WorkloadChanged',
          `${target.workload} was changed while it was verified: it runs ${live.version} now, and the verdict on what was rolled out before says nothing of it`,
        );
      }
      const value: CheckResult = comparedWithBaseline(found, input.baseline);
      return { value, summary: value.summary, verdict: value.verdict };
    },
  );
}
