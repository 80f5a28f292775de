import { ApplicationFailure, ParentClosePolicy, workflowInfo } from '@temporalio/workflow';
import type { ErrorType } from '../domain/errors.ts';
import { announce } from '../domain/ledger/announce.ts';
import {
  type FollowThroughInput,
  isFollowThroughInput,
  type Watched,
} from '../domain/ledger/follow-through.ts';
import type { RunReport } from '../domain/ledger/ledger.ts';
import { md } from '../domain/media/markdown.ts';
import type { ResolvedRun, RollbackRequest } from '../domain/request/request.ts';
import { describeWish } from '../domain/versions/targets.ts';
import { pursue, redirectionOf } from './run/aim/redirection.ts';
import { carryOut } from './run/carry-out.ts';
import type { Ending, Run } from './run/run.ts';
import { startUnlessOpen } from './run/start-unless-open.ts';

/**
 * Runbook 7.3: keeps watching a service that was rolled back and proved well. Somebody else's change is told with their
 * name; a service that becomes unwell again opens a decision.
 *
 * @throws ApplicationFailure `ChangedBack`, `NotWellAgain`, with the report in its details.
 */
export async function followThrough(input: unknown): Promise<RunReport> {
  return carryOut('followThrough', { work, close: tellAndRecord });

  async function work(run: Run): Promise<Ending> {
    if (!isFollowThroughInput(input)) throw notOurs();
    run.adoptRequest(input.request);
    const { wish } = input.request;
    return pursue(run, { wish, purpose: 'watch', tried: [] }, (aim) =>
      aim.purpose === 'watch' ? watch(run, input) : startAnotherRollback(run, input, describeWish(aim.wish)),
    );
  }
}

/** @throws Redirection when somebody answers with another target. */
async function watch(run: Run, { request, version, uid, fingerprint }: FollowThroughInput): Promise<Ending> {
  const { forMs = 0, everyMs = 10_000, failures = 3 } = request.policy?.followThrough ?? {};
  let end = Date.now() + forMs;
  for (;;) {
    const left = Math.max(0, end - Date.now());
    const { cluster } = request;
    const how = { ...(cluster ? { cluster } : {}), uid, fingerprint, forMs: left, everyMs, failures };
    const watched = await run.step('watch-service', request.service, how);
    const ending = watchedEnding(version, watched);
    if (watched.end !== 'unwell') return ending;
    const reason = { type: 'NotWellAgain', message: ending.error?.message ?? watched.summary } as const;
    const decided = await run.ask('watch-service', reason);
    if (decided?.answer === 'retry') {
      // A decision may take longer than what is left: the service is watched again all the same.
      end = Math.max(end, Date.now() + (failures + 1) * everyMs);
      continue;
    }
    const redirection = decided && redirectionOf(decided, 'watch-service', run.ledger.report(), reason);
    if (!redirection) return ending;
    throw redirection;
  }
}

/** A watch that is ended by hand has nothing to tell. */
async function tellAndRecord(run: Run, request: ResolvedRun, { outcome }: Ending): Promise<void> {
  if (outcome === 'cancelled') return;
  const message = announce(run.ledger.report(), request);
  await Promise.all(request.notifiers.map((receiver) => run.attempt('notify', receiver, message)));
  await run.attempt('record-incident');
}

function watchedEnding(version: string, watched: Watched): Ending {
  switch (watched.end) {
    case 'well':
      return { outcome: 'stayed-well', summary: `${version} has stayed well`, quiet: true };
    case 'changed': {
      const message = `${version} was replaced: ${watched.summary}`;
      if (watched.ours) return { outcome: 'superseded', summary: message, quiet: true };
      return { outcome: 'changed-back', summary: message, error: { type: 'ChangedBack', message } };
    }
    case 'unwell': {
      const message = `${version} was proved well and is not any more: ${watched.summary}`;
      return { outcome: 'not-well-again', summary: message, error: { type: 'NotWellAgain', message } };
    }
  }
}

function notOurs(): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    'a rollback starts its follow-through by itself; start rollback or verify',
    'InvalidRequest' satisfies ErrorType,
  );
}

/** Another rollback, in a run of its own. */
async function startAnotherRollback(
  run: Run,
  { request, rollback }: FollowThroughInput,
  target: string,
): Promise<Ending> {
  const { events = [] } = run.ledger.report();
  const decidedBy = events.findLast(({ kind }) => kind === 'decision')?.by ?? request.requestedBy;
  // The same id in a follow-through that was reset: what its history has started is not another one.
  const workflowId = `rollback/${request.service}/after/${workflowInfo().originalExecutionRunId}`;
  const next: RollbackRequest = {
    service: request.service,
    target: target.replace(' ', ':'),
    reason: `not well again after ${rollback.workflowId}`,
    ...(decidedBy ? { requestedBy: decidedBy } : {}),
    ...(request.incident ? { incident: request.incident } : {}),
  };
  // One that is open was started before this follow-through was reset.
  await startUnlessOpen('rollback', {
    workflowId,
    args: [next],
    parentClosePolicy: ParentClosePolicy.ABANDON,
    staticSummary: md`roll back ${request.service} to ${target}`.text,
  });
  run.ledger.record({ kind: 'follow-through', summary: `started ${workflowId} to ${target}` });
  return { outcome: 'superseded', summary: `${workflowId} rolls back to ${target}` };
}
