import { announce } from '../domain/ledger/announce.ts';
import { needOf, type RunReport } from '../domain/ledger/ledger.ts';
import { needSubjectOf } from '../domain/need/subject.ts';
import type { ResolvedRun, RollbackRequest } from '../domain/request/request.ts';
import { withOverwritten, writesInPlace } from '../domain/versions/pins.ts';
import { liveVersionOf } from '../domain/versions/versions.ts';
import { type Aim, isFirstChange, recoveryOptionsOf } from './run/aim/aim.ts';
import { afterCancellation } from './run/aim/cancellation.ts';
import { assessing, isNeedAsked, isStoppedBy } from './run/aim/need.ts';
import { consentToPlan, hasPreconditions, preconditionsQuestion } from './run/aim/preconditions.ts';
import { type Attempt, leaveForAnotherTarget, pursue, together } from './run/aim/redirection.ts';
import { carryOut } from './run/carry-out.ts';
import {
  joinedEnding,
  notWarrantedEnding,
  plannedEnding,
  provedEnding,
  refusedEnding,
  restoredEnding,
} from './run/end/endings.ts';
import { startFollowThrough } from './run/end/follow-through-start.ts';
import { asMember } from './run/member/as-member.ts';
import { rememberingFailure } from './run/proof/failed-versions.ts';
import { prove } from './run/proof/prove.ts';
import type { Ending, Run } from './run/run.ts';
import { clusterOf } from './run/step/cluster-of.ts';

/**
 * Runbook 1 to 7: one service back to its known-good version, proved well, told and recorded.
 *
 * @param input everything may be missing when one service is configured.
 * @returns the report; it is also the answer of the query `report` and the source of the incident record.
 * @throws ApplicationFailure of the error catalogue, non-retryable, with the report in its details.
 */
export async function rollback(input: RollbackRequest = {}): Promise<RunReport> {
  return carryOut('rollback', { work, close: tellAndRecord, afterwards });

  async function work(run: Run): Promise<Ending> {
    const request = run.adoptRequest(await run.step('resolve-request', 'rollback', input));
    if (request.refusal) return refusedEnding(request.refusal);
    const alone: Attempt = (aim) => runbook(run, request, aim);
    const attempt = run.member && !request.dryRun ? asMember(run.member, alone) : alone;
    const first: Aim = { wish: request.wish, purpose: 'roll-back', tried: [] };
    return pursue(run, first, attempt, (aim, cancellation) =>
      afterCancellation(run, request, aim, attempt, cancellation),
    );
  }
}

/** Runbook 7.3; and the run of a group hears of a member that was cancelled. */
function afterwards(run: Run): Promise<void> {
  const { outcome } = run.ledger.report();
  return run.member && outcome === 'cancelled' ? run.member.ended() : startFollowThrough(run);
}

/** One way through the runbook: where it ends, or leaves for another one by a `Redirection`. */
async function runbook(run: Run, request: ResolvedRun, aim: Aim): Promise<Ending> {
  const { service, dryRun } = request;
  const meant = clusterOf(request);
  let { plan } = aim;
  if (plan) run.adoptPlan(plan);
  else {
    // Runbook 2 and 3.1: what is there, what to return to, and nothing in the way. The service is not changed.
    const isFirst = isFirstChange(run);
    run.inbox.stage = isFirst ? 'open' : 'changing';
    // Before the plan too: a default that leads here again and again must come to its end.
    run.recovery = recoveryOptionsOf(run, aim);
    const [, observed] = await together(
      isFirst ? run.optional('check-access', service, aim.wish, ...meant) : undefined,
      run.step('identify-versions', service, ...meant),
    );
    leaveForAnotherTarget(run);
    // Runbook 1: is it the release at all?
    if (isFirst && aim.purpose === 'roll-back' && isNeedAsked(run)) {
      const assess = assessing(run, request);
      const need = await assess('assess-need', service, needSubjectOf(observed, request), ...meant);
      // What another run is about to change is its own: it is not judged, and nobody is asked about it.
      const joined = need && !dryRun ? await run.lock(observed) : undefined;
      if (joined) return joinedEnding(joined);
      if (need && (await isStoppedBy(run, request, need))) return notWarrantedEnding(need);
    }
    // The lock (`identify-holder`, where another run has it), so that one run at a time changes the service.
    const [planned, snapshot, joined] = await together(
      run.step('plan', service, aim.wish, observed, ...(request.force ? [{ force: true }] : [])),
      dryRun || !isFirst ? undefined : run.optional('take-snapshot', service, liveVersionOf(observed)),
      dryRun ? undefined : run.lock(observed),
    );
    if (joined) return joinedEnding(joined);
    run.adoptPlan(planned);
    plan = planned;
    // Runbook 2: what has to hold before the change. What was found stands in the plan, under its hash.
    if (aim.purpose === 'roll-back' && hasPreconditions(run, planned)) {
      const asked = preconditionsQuestion(run, request, planned);
      plan = { ...planned, ...(await run.step('check-preconditions', service, ...asked)) };
      run.adoptPlan(plan);
    }
    if (dryRun) {
      leaveForAnotherTarget(run);
      return plannedEnding(plan);
    }
    // What is live changes with the change alone: an older snapshot is of something else.
    if (isFirst) run.snapshot = snapshot;
    run.recovery = recoveryOptionsOf(run, aim, plan);
    // Runbook 2 and 5: preconditions and critical settings of which a person is to decide.
    if (aim.purpose === 'roll-back') await consentToPlan(run, plan);
    if (aim.purpose === 'roll-back') await run.approval(plan);
    // A pause here is before the change: another target may still be asked for.
    const paused = run.pausePoint();
    if (paused) await paused;
    leaveForAnotherTarget(run);
  }

  // Runbook 3.2 and 4: the one change, image and config as one unit, and the wait until it is everywhere.
  const { pin } = plan;
  if (writesInPlace(pin).length > 0) {
    // Whatever becomes of it: what is overwritten comes back with the snapshot.
    if (run.snapshot) run.snapshot = withOverwritten(run.snapshot, pin);
    await run.step('restore-config', service, pin, run.lockToProve());
  }
  const remembering = <T>(fingerprint: string, work: () => Promise<T>) =>
    rememberingFailure(run, request, { ...plan.to, fingerprint }, work);
  const started = await remembering(pin.fingerprint, () =>
    run.step('roll-back', service, pin, run.lockToProve()),
  );
  const rollout = await remembering(started.fingerprint, () =>
    run.step('wait-for-rollout', service, started),
  );
  // What was there before needs no proof.
  if (aim.purpose === 'restore') return restoredEnding(plan, aim.because);
  if (run.member) await run.member.changed();

  // Runbook 6: verify-health -> verify-chat -> { verify-agents, verify-metrics }, in the order of domain/proof/checks.ts.
  const subject = { request, rollout, baseline: plan.baseline };
  const verification = await prove(run, subject, plan.to);
  // Runbook 7.1: the same numbers as before the rollback. Nothing depends on them.
  const before = needOf(run.ledger.report());
  if (before) {
    const { completeAt } = rollout;
    await run.attempt('measure-impact', service, { before, completeAt }, ...meant);
  }
  return provedEnding(run, plan, subject, verification);
}

/** Runbook 7: people are told, evidence and record are kept, however the run has ended. What fails here stops nothing. */
async function tellAndRecord(run: Run, request: ResolvedRun, { evidence }: Ending): Promise<void> {
  const { service, member } = request;
  // Of a member people hear from its group.
  const notifiers = member ? [] : request.notifiers;
  await Promise.all([
    ...notifiers.map((receiver) => run.attempt('notify', receiver, announce(run.ledger.report(), request))),
    ...[...(evidence ? [evidence] : []), ...run.failures].map((record) =>
      run.attempt('record-known-good', service, record, ...clusterOf(request)),
    ),
  ]);
  await run.attempt('record-incident');
}
