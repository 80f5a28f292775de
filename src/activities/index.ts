import type { KeptValues, StepResult } from '../domain/ledger.ts';
import type { STEPS, StepId } from '../domain/steps.ts';
import { checkAccess } from './check-access.ts';
import type { Dependencies } from './dependencies.ts';
import { identifyHolder } from './identify-holder.ts';
import { identifyVersions } from './identify-versions.ts';
import { notify } from './notify.ts';
import { plan } from './plan.ts';
import { recordIncident } from './record-incident.ts';
import { recordKnownGood } from './record-known-good.ts';
import { resolveRequest } from './resolve-request.ts';
import { rollBack } from './roll-back.ts';
import { takeSnapshot } from './take-snapshot.ts';
import { verifyActivities } from './verify.ts';
import { waitForRollout } from './wait-for-rollout.ts';
import { watchService } from './watch-service.ts';

/** What each step has to give, by what its row says that the ledger keeps of it. */
type StepActivities = {
  readonly [S in StepId]: (...args: never[]) => Promise<StepResult<KeptValues[(typeof STEPS)[S]['keeps']]>>;
};

/** Every activity under the id of its step: the activity type in history is the step. */
export function createActivities(deps: Dependencies) {
  return {
    'resolve-request': resolveRequest(deps),
    'check-access': checkAccess(deps),
    'identify-versions': identifyVersions(deps),
    plan: plan(deps),
    'identify-holder': identifyHolder(deps),
    'take-snapshot': takeSnapshot(deps),
    'roll-back': rollBack(deps),
    'wait-for-rollout': waitForRollout(deps),
    ...verifyActivities(deps),
    'watch-service': watchService(deps),
    'record-known-good': recordKnownGood(deps),
    notify: notify(deps),
    'record-incident': recordIncident(deps),
  } satisfies StepActivities;
}

/** The signatures that the workflows call. */
export type Activities = ReturnType<typeof createActivities>;
