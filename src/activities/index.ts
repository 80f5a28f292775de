import type { Announcement } from '../domain/ledger/announce.ts';
import type { KeptValues, StepResult } from '../domain/ledger/ledger.ts';
import type { STEPS, StepId } from '../domain/steps/steps.ts';
import { assessNeed } from './assess-need.ts';
import { checkAccess } from './check-access.ts';
import { checkPreconditions } from './check-preconditions.ts';
import type { Dependencies } from './dependencies.ts';
import { identifyHolder } from './identify-holder.ts';
import { identifyVersions } from './identify-versions.ts';
import { measureImpact } from './measure-impact.ts';
import { notify } from './notify.ts';
import { plan } from './plan.ts';
import { planGroup } from './plan-group.ts';
import { recordIncident } from './record-incident.ts';
import { recordKnownGood } from './record-known-good.ts';
import { resolveRequest } from './resolve-request.ts';
import { restoreConfig } from './restore-config.ts';
import { rollBack } from './roll-back.ts';
import { takeSnapshot } from './take-snapshot.ts';
import { verifyActivities } from './verify.ts';
import { waitForRollout } from './wait-for-rollout.ts';
import { watchService } from './watch-service.ts';
import { withProfile } from './with-profile.ts';

/** What each step has to give, by what its row says that the ledger keeps of it. */
type StepActivities = {
  readonly [S in StepId]: (...args: never[]) => Promise<StepResult<KeptValues[(typeof STEPS)[S]['keeps']]>>;
};

/** Every activity under the id of its step: the activity type in history is the step. */
export function createActivities(deps: Dependencies) {
  const of = <A extends (...args: never[]) => Promise<StepResult<unknown>>>(
    activity: A,
    serviceOf: (args: readonly unknown[]) => unknown = ([service]) => service,
  ) => withProfile(deps, activity, serviceOf);
  const checks = verifyActivities(deps);
  return {
    'resolve-request': resolveRequest(deps),
    'check-access': of(checkAccess(deps)),
    'identify-versions': of(identifyVersions(deps)),
    'assess-need': of(assessNeed(deps)),
    plan: of(plan(deps)),
    'check-preconditions': of(checkPreconditions(deps)),
    'plan-group': planGroup(deps),
    'identify-holder': identifyHolder(deps),
    'take-snapshot': of(takeSnapshot(deps)),
    'restore-config': of(restoreConfig(deps)),
    'roll-back': of(rollBack(deps)),
    'wait-for-rollout': of(waitForRollout(deps)),
    ...(mapValues(checks, (check) => of(check)) as typeof checks),
    'measure-impact': of(measureImpact(deps)),
    'watch-service': of(watchService(deps)),
    'record-known-good': of(recordKnownGood(deps)),
    notify: of(notify(deps), ([, announcement]) => (announcement as Announcement).service),
    'record-incident': recordIncident(deps),
  } satisfies StepActivities;
}

function mapValues<V>(all: Readonly<Record<string, V>>, change: (value: V) => V): Record<string, V> {
  return Object.fromEntries(Object.entries(all).map(([key, value]) => [key, change(value)]));
}

/** The signatures that the workflows call. */
export type Activities = ReturnType<typeof createActivities>;
