import { CancellationScope } from '@temporalio/workflow';
import { changeOf } from '../../../domain/ledger/ledger.ts';
import type { ResolvedRun } from '../../../domain/request/request.ts';
import { writesInPlace } from '../../../domain/versions/pins.ts';
import type { ShownPlan } from '../../../domain/versions/plan.ts';
import type { Ending, Run } from '../run.ts';
import { clusterOf } from '../step/cluster-of.ts';
import { isExpected, reasonOf } from '../step/failures.ts';
import type { Aim } from './aim.ts';
import { type Attempt, pursue, Redirection } from './redirection.ts';

/**
 * Ends a cancelled run in a known state. Before the change nothing has happened. A change that has begun is finished and
 * proved, or what was there before is restored, as the profile says; a second cancellation does not stop that. What was
 * only planned when the cancellation came is not begun any more.
 * @throws the cancellation itself when there is nothing to finish.
 */
export async function afterCancellation(
  run: Run,
  request: ResolvedRun,
  aim: Aim,
  attempt: Attempt,
  cancellation: unknown,
): Promise<Ending> {
  const { begun } = run;
  const policy = run.ledger.policy();
  const isBegun = changeOf(run.ledger.report()) !== 'none';
  if (!begun || !policy || !isBegun) throw cancellation;
  const isDecided = aim.purpose === 'restore';
  const isKept = run.snapshot !== undefined && run.snapshot.fingerprint !== begun.to.fingerprint;
  const restores = isDecided || (policy.onCancel === 'restore' && isKept);
  const first = toFinish(aim, begun);
  let isTold = false;

  const finish: Attempt = async (next) => {
    if (isTold) return attempt(next);
    const isLedElsewhere = next.wish !== first.wish || next.purpose !== first.purpose;
    if (!isLedElsewhere && (await isUntouched(run, request, begun))) {
      return cancelled('cancelled on request; nothing was changed');
    }
    isTold = true;
    run.ledger.record({
      kind: 'cancellation',
      summary: restores
        ? 'cancelled: what was there before is restored'
        : 'cancelled: what was begun is finished',
    });
    if (isLedElsewhere) return attempt(next);
    if (restores && !isDecided) throw new Redirection({ kind: 'restore' });
    return attempt(first);
  };

  return CancellationScope.nonCancellable(async () => {
    // Whoever cancels does not want it to wait.
    delete run.inbox.pausedBy;
    try {
      return cancelledEnding(await pursue(run, first, finish));
    } catch (error) {
      if (!isExpected(error)) throw error;
      const { type, message } = reasonOf(error);
      const how = restores ? 'restored' : 'finished';
      return cancelled(
        `cancelled after the change had begun, and it could not be ${how}: ${type}: ${message}`,
      );
    }
  });
}

/** What was begun is carried out; what somebody has decided to restore, or to fall back to, is planned before. */
function toFinish({ plan: _carriedOut, ...aim }: Aim, begun: ShownPlan): Aim {
  const isOfThisAim = (begun.pin.purpose === 'restore') === (aim.purpose === 'restore');
  return isOfThisAim ? { ...aim, plan: begun } : aim;
}

/** Whether the step that was cancelled had changed nothing yet. */
async function isUntouched(
  run: Run,
  request: ResolvedRun,
  { pin, from, changesNothing }: ShownPlan,
): Promise<boolean> {
  if (changeOf(run.ledger.report()) === 'made') return false;
  const { current, generation, configNow } = await run.step(
    'identify-versions',
    request.service,
    ...clusterOf(request),
  );
  const isWritten = writesInPlace(pin).some(
    ({ reference, before }) => configNow?.[reference]?.hash !== before,
  );
  if (isWritten) return false;
  const isKubernetes = pin.target === 'kubernetes';
  const isAsBefore =
    current.fingerprint === from.fingerprint && (!isKubernetes || generation === pin.generation);
  const isWanted = current.fingerprint === pin.fingerprint && !(isKubernetes && changesNothing);
  return isAsBefore && !isWanted;
}

function cancelledEnding({ outcome, summary, evidence }: Ending): Ending {
  if (outcome === 'cancelled') return { outcome, summary };
  const what =
    outcome === 'restored' ? `: ${summary.split(': the rollback')[0]}` : `, which was finished: ${summary}`;
  return {
    ...cancelled(`cancelled after the change had begun${what}`),
    ...(evidence ? { evidence } : {}),
  };
}

function cancelled(summary: string): Ending {
  return { outcome: 'cancelled', summary };
}
