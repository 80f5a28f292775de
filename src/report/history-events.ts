import type { GroupPlan } from '../domain/ledger/group.ts';
import type { LedgerEntry } from '../domain/ledger/ledger.ts';
import { profileChangeAt } from '../domain/ledger/profile-change.ts';
import { brokenGlassEvent, isFull, type RunEvent, UNANSWERED } from '../domain/people/events.ts';
import {
  eventOfWord,
  GROUP_WORD,
  NOTHING_HEARD,
  readGroupWord,
  WAITS_FOR_GROUP,
} from '../domain/people/group-words.ts';
import { EVIDENCE, eventOfUpdate } from '../domain/people/operator-events.ts';
import { breaksGlass } from '../domain/request/policy.ts';
import type { ResolvedRun } from '../domain/request/request.ts';
import { ANSWERS } from '../domain/steps/answers.ts';
import { isStepId, STEPS, type StepId } from '../domain/steps/steps.ts';
import type { ShownPlan } from '../domain/versions/plan.ts';
import type { AuditedEvent } from './audited-report.ts';
import {
  decodePayloads,
  type EncodedPayloads,
  type HistoryEvent,
  instantOf,
  kindOf,
  readable,
} from './history-file.ts';

/** What is known of the run at the event that is read. */
export interface Known {
  readonly request: ResolvedRun | undefined;
  readonly plan: ShownPlan | GroupPlan | undefined;
  /** Whether the run is that of a group, which starts its members. */
  readonly isGroup: boolean;
  /** The last step that ended badly. */
  readonly failed: StepId | undefined;
}

/** Rebuilds what happened beside the steps, event by event. */
export interface EventCollector {
  see(event: HistoryEvent, known: Known): void;
  /** What is known of an event elsewhere; nothing when the record is full of such. */
  note(at: string, event: Omit<RunEvent, 'at'>): void;
  /** A step has ended: it may have had another profile than the one before. */
  ended(entry: LedgerEntry, request: ResolvedRun | undefined, at: string): void;
  readonly events: readonly AuditedEvent[];
}

/**
 * What people sent stands in history word for word, with the identity of the client that sent it. What the run noticed
 * by itself stands there as timers, in fewer words.
 */
export function collectEvents(): EventCollector {
  const events: AuditedEvent[] = [];
  const timers = new Map<string, string>();
  const budgets = new Map<string, string>();
  let phase: string | undefined;
  let brokenGlass = false;
  let profile: string | undefined;

  const add = (at: string, event: Omit<RunEvent, 'at'> | undefined, sentBy?: string) => {
    if (event) events.push({ ...event, at, ...(sentBy ? { sentBy } : {}) });
  };

  return {
    events,
    note: (at, event) => add(at, isFull(events) ? undefined : event),
    ended(entry, request, at) {
      add(at, profileChangeAt(entry, request, profile));
      profile = entry.profile ?? profile;
    },
    see(event, known) {
      const at = instantOf(event);
      switch (kindOf(event)) {
        case 'WORKFLOW_EXECUTION_UPDATE_ACCEPTED': {
          const { meta, input } = event.workflowExecutionUpdateAcceptedEventAttributes?.acceptedRequest ?? {};
          add(at, sent(input?.name, inputOf(input?.args)), meta?.identity);
          break;
        }
        case 'WORKFLOW_EXECUTION_SIGNALED': {
          const { signalName, input, identity } = event.workflowExecutionSignaledEventAttributes ?? {};
          if (signalName === GROUP_WORD && !isFull(events)) {
            const read = readGroupWord(decodePayloads(input)[0]);
            if (known.request?.member && 'value' in read) add(at, eventOfWord(read.value));
          }
          if (signalName === EVIDENCE && !isFull(events))
            add(at, sent(signalName, decodePayloads(input)[0]), identity);
          break;
        }
        case 'WORKFLOW_EXECUTION_CANCEL_REQUESTED': {
          const { identity } = event.workflowExecutionCancelRequestedEventAttributes ?? {};
          add(at, { kind: 'cancellation', summary: 'cancellation was requested' }, identity);
          break;
        }
        case 'ACTIVITY_TASK_SCHEDULED': {
          const step = event.activityTaskScheduledEventAttributes?.activityType?.name;
          if (!isStepId(step)) break;
          const { phase: next, changes } = STEPS[step];
          if (next !== 'tell') phase = next;
          const broken = changes && !brokenGlass ? glassOf(known) : undefined;
          brokenGlass ||= broken !== undefined;
          add(at, broken);
          break;
        }
        case 'TIMER_STARTED': {
          const name = nameOf(event);
          timers.set(String(event.eventId), name);
          budgets.set(name, String(event.eventId));
          add(at, openedBy(name, known));
          break;
        }
        case 'TIMER_FIRED': {
          const { startedEventId } = event.timerFiredEventAttributes ?? {};
          const timer = timers.get(String(startedEventId)) ?? '';
          // The clock of a phase runs on when the phase is over.
          const [, timed] = /^budget of (decide|act|prove)$/.exec(timer) ?? [];
          const isLate =
            timed &&
            ((phase !== undefined && timed !== phase) || budgets.get(timer) !== String(startedEventId));
          if (!isLate) add(at, endedBy(timer, known));
          break;
        }
        case 'START_CHILD_WORKFLOW_EXECUTION_INITIATED': {
          const { workflowId, workflowType } =
            event.startChildWorkflowExecutionInitiatedEventAttributes ?? {};
          // The runs of a group say by themselves where they stand.
          if (workflowType?.name !== 'rollback' || known.isGroup) break;
          add(at, { kind: 'follow-through', summary: `started ${workflowId}` });
          break;
        }
      }
    },
  };
}

/** @throws Error when there is an input that cannot be read. */
function inputOf(args: EncodedPayloads | undefined): unknown {
  return args?.payloads?.length ? readable(decodePayloads(args)[0]) : undefined;
}

function sent(name: string | undefined, input: unknown): Omit<RunEvent, 'at'> | undefined {
  return eventOfUpdate(name ?? '', input);
}

function nameOf({ userMetadata }: HistoryEvent): string {
  const { summary } = userMetadata ?? {};
  const [name] = summary ? decodePayloads({ payloads: [summary] }) : [];
  return typeof name === 'string' ? name : '';
}

/** The first timer of a wait is what was opened: `decision-1: half of its time`. */
function openedBy(timer: string, { plan, failed }: Known): Omit<RunEvent, 'at'> | undefined {
  const [, id, kind] = /^((decision|approval)-\d+): half of its time$/.exec(timer) ?? [];
  if (kind === 'decision') {
    return { kind: 'decision-due', summary: `${id} is open`, ...(failed ? { step: failed } : {}) };
  }
  if (kind !== 'approval') return undefined;
  return { kind: 'approval-due', summary: `plan ${plan?.hash.slice(0, 12) ?? ''} needs approval` };
}

/** A timer that fired is what nobody has answered, or what took too long. */
function endedBy(timer: string, { request, failed }: Known): Omit<RunEvent, 'at'> | undefined {
  const [deadline, then] = /^decision-\d+: deadline(?:, then ([a-z-]+))?$/.exec(timer) ?? [];
  if (deadline !== undefined) {
    const answer = ANSWERS.find((known) => known === then);
    if (answer) return { kind: 'decision', summary: `${answer}: ${UNANSWERED}`, answer };
    return { kind: 'decision', summary: `${configuredAnswer(request, failed)}: ${UNANSWERED}` };
  }
  if (/^pause-\d+: deadline$/.test(timer)) {
    return { kind: 'resume', summary: 'goes on: the longest pause is over' };
  }
  if (timer.startsWith(WAITS_FOR_GROUP)) return NOTHING_HEARD;
  const [, what] = /^budget of (.+)$/.exec(timer) ?? [];
  return what ? { kind: 'over-budget', summary: `takes longer than its budget: ${what}` } : undefined;
}

/** What older histories leave open: the answer that the profile has for the step, which may not have been possible. */
function configuredAnswer(request: ResolvedRun | undefined, step: StepId | undefined): string {
  const decisions = request?.policy?.decisions;
  if (!decisions) return 'the configured answer';
  const answer = (step && decisions.steps[step]?.atDeadline) ?? decisions.atDeadline;
  return answer === 'abort' ? answer : `${answer}, or abort where that was not possible`;
}

/** A change that goes on although the profile requires an approval of its plan. */
function glassOf({ request, plan }: Known): Omit<RunEvent, 'at'> | undefined {
  if (!request?.policy || !breaksGlass(request.policy.approval, request) || plan?.changesNothing) {
    return undefined;
  }
  return brokenGlassEvent(request);
}
