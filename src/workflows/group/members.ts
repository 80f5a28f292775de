import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import {
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowFailure,
  type ChildWorkflowHandle,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  setHandler,
  sleep,
  startChild,
  TerminatedFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { ErrorType } from '../../domain/errors.ts';
import {
  afterClosing,
  afterEnding,
  afterSaying,
  type GroupMember,
  isWell,
  memberInWords,
} from '../../domain/ledger/group.ts';
import type { RunReport } from '../../domain/ledger/ledger.ts';
import { md } from '../../domain/media/markdown.ts';
import { isFull } from '../../domain/people/events.ts';
import {
  eventOfSaying,
  GROUP_WORD,
  type GroupWord,
  MEMBER_SAYS,
  readMemberSays,
} from '../../domain/people/group-words.ts';
import type { ResolvedGroup } from '../../domain/request/group.ts';
import type { ResolvedRun, RollbackRequest } from '../../domain/request/request.ts';
import type { RunLedger } from '../run/step/ledger.ts';

/** How often a member is started whose run of before a reset is still open, and how long in between at the most, in ms. */
const TRIES = 120;
const AGAIN_MS = 5000;

/** The members of a group, each a run of its own. */
export interface Members {
  /** In the order in which they are changed. */
  all(): readonly GroupMember[];
  of(service: string): GroupMember;
  /** Starts the run of a member. @throws ApplicationFailure `RollbackInProgress` */
  start(service: string): Promise<void>;
  /** A member begins anew: what it has said before does not count any more. */
  begin(service: string): void;
  /** Notes what the group knows of a member by itself. */
  note(service: string, change: Partial<GroupMember>): void;
  /** Tells a member what to do. One whose run has closed does not hear it. */
  tell(service: string, word: GroupWord): Promise<void>;
  /** Waits until something is so, as long as members may take. @throws ApplicationFailure `StepTimedOut` */
  until(what: string, isSo: () => boolean): Promise<void>;
  /** Requests the cancellation of every run that is open. */
  cancel(): Promise<void>;
}

export function openMembers(ledger: RunLedger, request: ResolvedRun, group: ResolvedGroup): Members {
  const { members, waitMs } = group;
  const handles = new Map<string, ChildWorkflowHandle<() => Promise<RunReport>>>();
  const all = () => ledger.report().members ?? [];
  const of = (service: string): GroupMember => {
    const member = all().find((one) => one.service === service);
    if (!member) throw new Error(`${service} is no member`);
    return member;
  };
  const set = (member: GroupMember) =>
    ledger.adopt({ members: all().map((one) => (one.service === member.service ? member : one)) });
  ledger.adopt({
    members: members.map(({ service }) => ({ service, stage: 'waiting', change: 'none' })),
  });

  setHandler(defineSignal<[unknown]>(MEMBER_SAYS), (input) => {
    const read = readMemberSays(input);
    if (!('value' in read)) return;
    const said = read.value;
    const member = all().find(({ service, runId }) => service === said.service && runId === said.runId);
    if (!member) return;
    set(afterSaying(member, said));
    const event = eventOfSaying(said);
    if (event && !isFull(ledger.report().events)) ledger.record(event);
  });

  const ended = (member: GroupMember) => {
    set(member);
    ledger.record({ kind: 'group', summary: memberInWords(member) });
  };
  const follow = async (service: string, result: Promise<RunReport>) => {
    try {
      ended(afterEnding(of(service), await result));
    } catch (error) {
      const report = reportIn(error);
      ended(report ? afterEnding(of(service), report) : afterClosing(of(service), endOf(error)));
    }
  };

  return {
    all,
    of,
    async start(service) {
      const { originalExecutionRunId } = workflowInfo();
      // The same id in a run that was reset: it has no two runs of a member.
      const workflowId = `rollback/${service}/in/${originalExecutionRunId}`;
      for (let attempt = 1; ; attempt += 1) {
        try {
          // A cancelled group cancels its members by itself, when it is known what becomes of them.
          const handle = await CancellationScope.nonCancellable(() =>
            startChild<(input: RollbackRequest) => Promise<RunReport>>('rollback', {
              workflowId,
              args: [requestOf(request, group, service)],
              parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
              staticSummary: md`roll back ${service}, of ${request.service}`.text,
            }),
          );
          handles.set(service, handle);
          set({ ...of(service), stage: 'planning', workflowId, runId: handle.firstExecutionRunId });
          void CancellationScope.nonCancellable(() => follow(service, handle.result()));
          return;
        } catch (error) {
          if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
          if (attempt === TRIES) {
            throw failure('RollbackInProgress', `${service} is being rolled back by ${workflowId}`);
          }
        }
        // The group's run was reset: the member of before comes to its own end first.
        if (attempt === 1)
          await getExternalWorkflowHandle(workflowId)
            .cancel()
            .catch(() => undefined);
        await sleep(Math.min(AGAIN_MS, 250 * attempt), {
          summary: `waits for the run of ${service} of before the reset`,
        });
      }
    },
    begin(service) {
      const { error: _error, plan: _plan, ...member } = of(service);
      set({ ...member, stage: 'planning' });
    },
    note(service, { stage, ...change }) {
      const member = of(service);
      // What a member has come to by itself counts.
      set({ ...member, ...change, ...(stage && member.stage !== 'ended' ? { stage } : {}) });
    },
    async tell(service, word) {
      if (of(service).stage === 'ended') return;
      await CancellationScope.nonCancellable(async () =>
        handles.get(service)?.signal(GROUP_WORD, word),
      ).catch(() => undefined);
    },
    async until(what, isSo) {
      if (await condition(isSo, waitMs, { summary: `waits for ${what}` })) return;
      throw failure('StepTimedOut', `${what}: nothing was heard for ${Math.round(waitMs / 60_000)} min`);
    },
    async cancel() {
      const open = all().filter(({ stage }) => stage !== 'ended' && stage !== 'waiting');
      await Promise.all(
        open.map(({ workflowId = '', runId }) =>
          getExternalWorkflowHandle(workflowId, runId)
            .cancel()
            .catch(() => undefined),
        ),
      );
    },
  };
}

/** The request of a member: that of the group, with its own target. */
function requestOf(request: ResolvedRun, group: ResolvedGroup, service: string): RollbackRequest {
  const { reason, incident, requestedBy, symptoms, mitigationsTried, dryRun, force, severity, breakGlass } =
    request;
  const { members, onFailure, waitMs } = group;
  const target = members.find((member) => member.service === service)?.target;
  return {
    service,
    environment: request.environment,
    ...(target ? { target } : {}),
    ...(reason ? { reason } : {}),
    ...(incident ? { incident } : {}),
    ...(requestedBy ? { requestedBy } : {}),
    ...(symptoms.length > 0 ? { symptoms } : {}),
    ...(mitigationsTried.length > 0 ? { mitigationsTried } : {}),
    ...(dryRun ? { dryRun } : {}),
    ...(force ? { force } : {}),
    ...(severity ? { severity } : {}),
    ...(breakGlass ? { breakGlass } : {}),
    member: { group: request.service, onFailure, waitMs },
  };
}

/** The report that a failed run has in the details of its failure. */
function reportIn(error: unknown): RunReport | undefined {
  const cause = error instanceof ChildWorkflowFailure ? error.cause : undefined;
  const [details] = (cause instanceof ApplicationFailure ? cause.details : undefined) ?? [];
  return typeof details === 'object' && details !== null && 'ledger' in details
    ? (details as RunReport)
    : undefined;
}

/** The end of a run that gives no report. */
function endOf(error: unknown): Pick<GroupMember, 'outcome' | 'error'> {
  if (isCancellation(error)) return { outcome: 'cancelled' };
  const cause = error instanceof ChildWorkflowFailure ? error.cause : undefined;
  const message =
    cause instanceof TerminatedFailure
      ? 'terminated by an operator'
      : (cause?.message ?? 'closed by Temporal');
  return { outcome: 'failed', error: { type: 'RunTerminated' satisfies ErrorType, message } };
}

function failure(type: ErrorType, message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, type);
}

/** What went wrong with a member, in one sentence. */
export function troubleOf({ service, error, summary, outcome }: GroupMember): string {
  return `${service}: ${error ? `${error.type}: ${error.message}` : (summary ?? outcome ?? 'failed')}`;
}

/** Whether a member will not come further by itself. */
export function isLost(member: GroupMember): boolean {
  return (
    member.stage === 'failed' || (member.stage === 'ended' && !isWell(member) && member.outcome !== 'planned')
  );
}
