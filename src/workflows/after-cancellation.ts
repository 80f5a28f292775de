import { CancellationScope } from '@temporalio/workflow';
import { changeOf } from '../domain/ledger.ts';
import type { ResolvedRun } from '../domain/request.ts';
import { type Aim, nextAim } from './aim.ts';
import { change } from './change.ts';
import { endingOf } from './endings.ts';
import { isExpected, reasonOf } from './failures.ts';
import { prepare } from './prepare.ts';
import { prove } from './prove.ts';
import { Redirection } from './redirection.ts';
import type { Ending, Run } from './run.ts';

/**
 * Ends a cancelled run in a known state. Before the change nothing has happened. A change that has begun is finished and
 * proved, or what was there before is restored, as the profile says; a second cancellation does not stop that.
 * @throws the cancellation itself when there is nothing to finish.
 */
export async function afterCancellation(run: Run, aim: Aim, cancellation: unknown): Promise<Ending> {
  const { request, plan } = run.journal.report();
  const policy = run.journal.policy();
  const isBegun = changeOf(run.journal.report()) !== 'none';
  if (!request || !plan || !policy || !isBegun) throw cancellation;
  return CancellationScope.nonCancellable(async () => {
    if (await isUntouched(run, request)) return cancelled('cancelled on request; nothing was changed');
    const restores = policy.onCancel === 'restore' && run.waysOut.restorable;
    run.journal.record({
      kind: 'cancellation',
      summary: restores
        ? 'cancelled: what was there before is restored'
        : 'cancelled: what was begun is finished',
    });
    try {
      return restores ? await restore(run, aim) : await finish(run);
    } catch (error) {
      if (error instanceof Redirection) return restore(run, aim);
      if (!isExpected(error)) throw error;
      const { type, message } = reasonOf(error);
      const how = restores ? 'restored' : 'finished';
      return cancelled(
        `cancelled after the change had begun, and it could not be ${how}: ${type}: ${message}`,
      );
    }
  });
}

/** Whether the step that was cancelled had not changed anything yet. */
async function isUntouched(run: Run, { service }: ResolvedRun): Promise<boolean> {
  const { plan } = run.journal.report();
  if (changeOf(run.journal.report()) === 'made' || !plan) return false;
  const observed = await run.step('identify-versions', service);
  const { fingerprint } = observed.current;
  const sameGeneration = plan.pin.target === 'compose' || observed.generation === plan.pin.generation;
  return fingerprint === plan.from.fingerprint && fingerprint !== plan.pin.fingerprint && sameGeneration;
}

async function finish(run: Run): Promise<Ending> {
  const { request, plan } = run.journal.report();
  if (!request || !plan) throw new Error('a change without a plan');
  const rollout = await change(run, plan);
  const verification = await prove(run, { request, rollout, baseline: plan.baseline });
  const { summary, evidence } = endingOf(run, plan, rollout, verification);
  return {
    ...cancelled(`cancelled after the change had begun, which was finished: ${summary}`),
    ...(evidence ? { evidence } : {}),
  };
}

async function restore(run: Run, aim: Aim): Promise<Ending> {
  const prepared = await prepare(run, nextAim(aim, { kind: 'restore' }, run));
  if (prepared.joined) throw new Error('the target is claimed by this run');
  const { plan } = prepared;
  await change(run, plan);
  return cancelled(`cancelled after the change had begun: ${plan.to.version}, which ran before, is restored`);
}

function cancelled(summary: string): Ending {
  return { outcome: 'cancelled', summary };
}
