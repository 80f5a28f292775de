import type { CheckProgress } from '../checks/check.ts';
import { runCheck } from '../checks/run-check.ts';
import type { CheckId, CheckResult } from '../domain/checks.ts';
import { RunbookError } from '../domain/errors.ts';
import type { CheckEvidence } from '../domain/known-good.ts';
import type { Instance } from '../domain/pins.ts';
import { comparedWithBaseline } from '../domain/proof.ts';
import type { Dependencies } from './dependencies.ts';
import { stepActivity } from './step.ts';

/** What a verify step is given beside the run. */
export interface VerifyInput {
  /** The pods that the wait step saw; a second attempt asks anew, they may have been replaced. */
  readonly instances: readonly Instance[];
  /** What the target version's own evidence says of this check. */
  readonly baseline?: CheckEvidence;
}

/**
 * The common work of the verify steps: repeats one check until it has enough good looks in a row within its
 * budget. A failed verdict is a result, not an error: the run decides what it means.
 */
export function verification(deps: Dependencies, id: CheckId) {
  return stepActivity(
    async ({ signal, key, attempt, report, resume }, service: string, input: VerifyInput) => {
      const { target, checks } = deps.service(service);
      const prepared = checks[id];
      if (!prepared)
        throw new RunbookError('InvalidConfig', `the check ${id} is not configured for ${service}`);
      const found = await runCheck(prepared.create(), prepared.policy, {
        signal,
        key,
        ...(input.baseline ? { baseline: input.baseline } : {}),
        instances: async () =>
          attempt === 1 && input.instances.length > 0 ? input.instances : target.instances({ signal }),
        report,
        ...(resume<CheckProgress>() ? { resume: resume<CheckProgress>() as CheckProgress } : {}),
      });
      const value: CheckResult = comparedWithBaseline(found, input.baseline);
      return { value, summary: value.summary, verdict: value.verdict };
    },
  );
}
