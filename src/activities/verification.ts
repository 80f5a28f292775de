import type { CheckProgress } from '../checks/check.ts';
import { runCheck } from '../checks/run-check.ts';
import type { CheckId, CheckResult, OwnPlans } from '../domain/checks.ts';
import { RunbookError } from '../domain/errors.ts';
import type { CheckEvidence } from '../domain/known-good.ts';
import type { Instance } from '../domain/pins.ts';
import { comparedWithBaseline } from '../domain/proof.ts';
import { RETRY_PROFILES } from '../domain/steps.ts';
import type { Dependencies } from './dependencies.ts';
import { stepActivity } from './step.ts';

/** What a verify step is given beside the run. */
export interface VerifyInput {
  /** The workload and template that the wait step proved: only these are verified. */
  readonly uid: string;
  readonly fingerprint: string;
  /** The pods that the wait step saw: enough to begin with. Whoever asks later wants to know what runs by then. */
  readonly instances: readonly Instance[];
  /** What the target version's own evidence says of this check. */
  readonly baseline?: CheckEvidence;
  /** For metrics: what the smoke messages of this run account for. */
  readonly ownPlans?: OwnPlans;
}

/** The verdict comes before the step itself is timed out, with what is left for waiting in the queue. In ms. */
const LONGEST_MS = RETRY_PROFILES.check.startToClose * 1000;

/**
 * The common work of the verify steps: repeats one check until it has enough good looks in a row within its
 * budget. A failed verdict is a result, not an error: the run decides what it means. A verdict on something else than
 * what was waited for is none: whoever deploys or reverts meanwhile (a GitOps tool, a person) ends the step with
 * `WorkloadChanged`.
 */
export function verification(deps: Dependencies, id: CheckId) {
  return stepActivity(
    async ({ signal, key, attempt, report, resume }, service: string, input: VerifyInput) => {
      const { target, checks } = deps.service(service);
      const prepared = checks[id];
      if (!prepared)
        throw new RunbookError('InvalidConfig', `the check ${id} is not configured for ${service}`);
      // A second attempt begins long after the wait step: the pods may have been replaced.
      let seen = attempt === 1 ? input.instances : [];
      const instances = async () => {
        const known = seen;
        seen = [];
        return known.length > 0 ? known : target.instances({ signal });
      };
      const earlier = resume<CheckProgress>();
      const found = await runCheck(prepared.create(), prepared.policy, {
        signal,
        key,
        ...(input.baseline ? { baseline: input.baseline } : {}),
        ...(input.ownPlans ? { ownPlans: input.ownPlans } : {}),
        longestMs: LONGEST_MS,
        instances,
        report,
        ...(earlier ? { resume: earlier } : {}),
      });
      const live = await target.current({ signal });
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
