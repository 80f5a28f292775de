import type { BarePlan, CheckOptions } from '../../../activities/check-preconditions.ts';
import { preconditionQuestion } from '../../../domain/preconditions/weigh-preconditions.ts';
import { brokenGlass } from '../../../domain/request/policy.ts';
import type { ResolvedRun } from '../../../domain/request/request.ts';
import type { ShownPlan } from '../../../domain/versions/plan.ts';
import { questionOf } from '../../../domain/versions/weigh-findings.ts';
import type { Run } from '../run.ts';
import { clusterOf } from '../step/cluster-of.ts';
import { isFirstChange } from './aim.ts';
import { consentTo } from './consent.ts';

/** Whether there is anything to look at before a plan is carried out: where the profile asks, and something is changed. */
export function hasPreconditions({ ledger }: Run, { changesNothing }: ShownPlan): boolean {
  return ledger.policy()?.preconditions === true && !changesNothing;
}

/** What `check-preconditions` is asked: little of the plan, the whole of it stands in history already. */
export function preconditionsQuestion(
  run: Run,
  request: ResolvedRun,
  { diff: _diff, settings: _settings, findings: _findings, ...plan }: ShownPlan,
): [BarePlan, CheckOptions] {
  const policy = run.ledger.policy();
  const breakGlass = policy && brokenGlass(policy.approval, request);
  const [cluster] = clusterOf(request);
  return [
    plan,
    {
      ...(cluster ? { cluster } : {}),
      ...(isFirstChange(run) ? {} : { hasChanged: true as const }),
      ...(request.force ? { force: true } : {}),
      ...(breakGlass === undefined ? {} : { breakGlass }),
    },
  ];
}

/** Waits for a person where a plan has something of which one is to decide. @throws see `consentTo` */
export async function consentToPlan(run: Run, plan: ShownPlan): Promise<void> {
  const { hash: about } = plan;
  const unmet = preconditionQuestion(plan);
  if (unmet !== undefined) {
    const reason = { type: 'PreconditionFailed', message: unmet } as const;
    await consentTo(run, { about: `preconditions of ${about}`, step: 'check-preconditions', reason });
  }
  const settings = questionOf(plan);
  if (settings !== undefined) {
    const reason = { type: 'SettingsRefused', message: settings } as const;
    await consentTo(run, { about, step: 'plan', reason });
  }
}
