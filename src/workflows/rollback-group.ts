import { ApplicationFailure, CancellationScope, isCancellation } from '@temporalio/workflow';
import type { ErrorType } from '../domain/errors.ts';
import { announce } from '../domain/ledger/announce.ts';
import type { GroupMember, GroupPlan, MemberStage } from '../domain/ledger/group.ts';
import type { RunReport } from '../domain/ledger/ledger.ts';
import type { GroupRequest, ResolvedGroup } from '../domain/request/group.ts';
import type { ResolvedRun } from '../domain/request/request.ts';
import { cancelledEnding, failedEnding, plannedEnding, provedEnding } from './group/endings.ts';
import { isLost, type Members, openMembers, troubleOf } from './group/members.ts';
import { fallBack, takeBack } from './group/take-back.ts';
import { carryOut } from './run/carry-out.ts';
import { refusedEnding } from './run/end/endings.ts';
import type { Ending, Run } from './run/run.ts';
import { isExpected, type Reason, reasonOf } from './run/step/failures.ts';

/**
 * The runbook for several services at once: each is a run of its own (`rollback`), with its own steps, lock, snapshot and
 * record; this one puts their plans together, asks for one approval, and says to each when to go on. All are where they
 * should be and proved, or those that were changed are brought back (decision 27).
 *
 * @param input everything may be missing when one group is configured.
 * @returns the report, with every member.
 * @throws ApplicationFailure of the error catalogue, non-retryable, with the report in its details.
 */
export async function rollbackGroup(input: GroupRequest = {}): Promise<RunReport> {
  return carryOut('rollbackGroup', { work, close: tellAndRecord });

  async function work(run: Run): Promise<Ending> {
    const request = run.adoptRequest(await run.step('resolve-request', 'rollbackGroup', input));
    const { refusal, group } = request;
    if (refusal) return refusedEnding(refusal);
    if (!group) throw new Error('a group without members');
    const members = openMembers(run.ledger, request, group);
    for (let times = 0; ; times += 1) {
      try {
        return await runbook(run, request, group, members);
      } catch (error) {
        if (!isExpected(error)) throw error;
        const ending = await CancellationScope.nonCancellable(() =>
          isCancellation(error)
            ? cancelled(run, members)
            : afterFailure(group, members, { times, reason: reasonOf(error) }),
        );
        if (ending) return ending;
      }
    }
  }
}

/** A cancelled group has its members cancelled, and waits until each has come to its own end. */
async function cancelled(run: Run, members: Members): Promise<Ending> {
  run.ledger.record({ kind: 'cancellation', summary: 'cancelled: its members are cancelled' });
  await members.cancel();
  await members.until('the members to end', () => all(members, 'ended'));
  return cancelledEnding(members.all());
}

/** @returns nothing where all members fall back together. */
async function afterFailure(
  group: ResolvedGroup,
  members: Members,
  { times, reason }: { readonly times: number; readonly reason: Reason },
): Promise<Ending | undefined> {
  if (await fallBack(members, group, times, reason.message)) return undefined;
  await takeBack(members, group, reason.message);
  return failedEnding(members.all(), group, reason);
}

async function runbook(
  run: Run,
  request: ResolvedRun,
  { members: inOrder, order }: ResolvedGroup,
  members: Members,
): Promise<Ending> {
  // Runbook 2 and 3.1 by each member. One after the other by their names, because each takes its lock with its plan: of two
  // groups that have members in common one gets all.
  for (const { service } of inOrder.toSorted((a, b) => (a.service < b.service ? -1 : 1))) {
    if (members.of(service).stage === 'waiting') await members.start(service);
    await reach(members, 'planned', [service]);
  }
  const plan = await run.step('plan-group', request.service, runsOf(members.all()));
  adopt(run, members, plan);
  if (request.dryRun) return plannedEnding(plan);
  await run.approval(plan);
  await whilePaused(run);

  // Runbook 3.2 and 4, if none has ended meanwhile. A member that is there already changes nothing: nobody waits for it.
  const services = inOrder.map(({ service }) => service);
  await reach(members, 'planned', services);
  run.enterPhase('act');
  const change = (service: string) => {
    const { hash } = members.of(service).plan ?? {};
    members.note(service, { stage: 'changing' });
    return members.tell(service, { word: 'change', ...(hash ? { plan: hash } : {}) });
  };
  const waits = (service: string) => !members.of(service).plan?.changesNothing;
  const atOnce = order === 'parallel' ? services : services.filter((service) => !waits(service));
  await Promise.all(atOnce.map(change));
  for (const service of order === 'parallel' ? [] : services.filter(waits)) {
    await whilePaused(run);
    await change(service);
    await reach(members, 'changed', [service]);
  }
  await reach(members, 'changed', services);

  // Runbook 6, when every member is changed: they are proved as a whole.
  await whilePaused(run);
  run.enterPhase('prove');
  for (const service of services) members.note(service, { stage: 'proving' });
  await Promise.all(services.map((service) => members.tell(service, { word: 'prove' })));
  await reach(members, 'proved', services);

  // From here on nothing is taken back: evidence is recorded by each.
  return CancellationScope.nonCancellable(async () => {
    await Promise.all(services.map((service) => members.tell(service, { word: 'keep' })));
    await members.until('the members to end', () => all(members, 'ended'));
    return provedEnding(members.all());
  });
}

/** A pause of the group is before the next word to a member. */
async function whilePaused(run: Run): Promise<void> {
  await run.pausePoint();
}

/** Waits until members have come so far. @throws ApplicationFailure with the error of the first that does not. */
async function reach(
  members: Members,
  stage: Extract<MemberStage, 'planned' | 'changed' | 'proved'>,
  services: readonly string[],
): Promise<void> {
  const isThere = (service: string) => {
    const member = members.of(service);
    return member.stage === stage || (stage === 'planned' && member.outcome === 'planned');
  };
  const lost = () => members.all().find(isLost);
  const isSo = () => lost() !== undefined || services.every(isThere);
  await members.until(`${services.join(', ')} to be ${stage}`, isSo);
  const failed = lost();
  if (failed) throw failureOfMember(failed);
}

function failureOfMember(member: GroupMember): ApplicationFailure {
  const type = (member.error?.type ?? 'GroupFailed') as ErrorType;
  return ApplicationFailure.nonRetryable(troubleOf(member), type);
}

function adopt(run: Run, members: Members, plan: GroupPlan): void {
  run.ledger.adopt({ groupPlan: plan });
  for (const { service, plan: own } of plan.members) members.note(service, { plan: own });
}

function runsOf(members: readonly GroupMember[]) {
  return members.map(({ service, workflowId = '', runId = '' }) => ({ service, workflowId, runId }));
}

function all(members: Members, stage: MemberStage): boolean {
  return members.all().every((member) => member.stage === stage || member.stage === 'waiting');
}

/** Runbook 7: people are told once, and one record has every member. */
async function tellAndRecord(run: Run, request: ResolvedRun): Promise<void> {
  const message = announce(run.ledger.report(), request);
  await Promise.all(request.notifiers.map((receiver) => run.attempt('notify', receiver, message)));
  await run.attempt('record-incident');
}
