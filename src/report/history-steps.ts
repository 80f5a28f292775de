import { isErrorType } from '../domain/errors.ts';
import {
  type Addressee,
  completedEntry,
  type LedgerEntry,
  type StepResult,
} from '../domain/ledger/ledger.ts';
import {
  cancelledAs,
  type FailingStep,
  readFailingStep,
  STEP_FAILING,
} from '../domain/steps/failing-step.ts';
import { isStepId, STEPS, type StepId } from '../domain/steps/steps.ts';
import { decodePayloads, type HistoryEvent, instantOf, kindOf, readable } from './history-file.ts';

interface Scheduled {
  readonly step: StepId;
  readonly at: string;
  readonly addressee: Addressee;
  started?: { readonly at: string; readonly attempt: number };
  /** What it was tried again for. */
  failing?: FailingStep;
  over?: boolean;
}

/** Rebuilds the steps, event by event. */
export interface StepCollector {
  see(event: HistoryEvent): void;
  readonly ledger: readonly LedgerEntry[];
  /** Identities of the workers that took part. */
  readonly workers: ReadonlySet<string>;
  /** The value that a step gave last. */
  valueOf(step: StepId): unknown;
}

/** Collects what the activities of a history did. */
export function collectSteps(): StepCollector {
  const scheduled = new Map<string, Scheduled>();
  const ledger: LedgerEntry[] = [];
  const workers = new Set<string>();
  const values = new Map<StepId, unknown>();

  return {
    ledger,
    workers,
    valueOf: (step) => values.get(step),
    see(event) {
      const at = instantOf(event);
      switch (kindOf(event)) {
        case 'ACTIVITY_TASK_SCHEDULED': {
          const step = event.activityTaskScheduledEventAttributes?.activityType?.name;
          if (!isStepId(step)) break;
          scheduled.set(String(event.eventId), { step, at, addressee: addresseeOf(step, event) });
          break;
        }
        case 'ACTIVITY_TASK_STARTED': {
          const { scheduledEventId, attempt, identity } = event.activityTaskStartedEventAttributes ?? {};
          const step = scheduled.get(String(scheduledEventId));
          if (step) step.started = { at, attempt: attempt ?? 1 };
          if (identity) workers.add(identity);
          break;
        }
        case 'ACTIVITY_TASK_COMPLETED': {
          const { scheduledEventId, result } = event.activityTaskCompletedEventAttributes ?? {};
          const step = scheduled.get(String(scheduledEventId));
          if (!step) break;
          step.over = true;
          const given = readable(decodePayloads(result)[0]) as StepResult<unknown>;
          ledger.push(completedEntry(step.step, given, step.addressee));
          values.set(step.step, given.value);
          break;
        }
        case 'WORKFLOW_EXECUTION_SIGNALED': {
          const { signalName, input } = event.workflowExecutionSignaledEventAttributes ?? {};
          const told = signalName === STEP_FAILING ? readFailingStep(decodePayloads(input)[0]) : undefined;
          const step = told && [...scheduled.values()].findLast((one) => one.step === told.step && !one.over);
          if (step) step.failing = told;
          break;
        }
        case 'ACTIVITY_TASK_FAILED':
        case 'ACTIVITY_TASK_TIMED_OUT':
        case 'ACTIVITY_TASK_CANCELED': {
          const details =
            event.activityTaskFailedEventAttributes ??
            event.activityTaskTimedOutEventAttributes ??
            event.activityTaskCanceledEventAttributes;
          const step = scheduled.get(String(details?.scheduledEventId));
          if (!step) break;
          step.over = true;
          ledger.push(endedBadly(step, event, at));
          break;
        }
      }
    },
  };
}

/** Whom a message goes to, and what it is about. */
function addresseeOf(step: StepId, event: HistoryEvent): Addressee {
  if (!STEPS[step].addressed) return {};
  const [receiver, announcement] = decodePayloads(event.activityTaskScheduledEventAttributes?.input);
  const { about } = (announcement ?? {}) as Addressee;
  return { receiver: String(readable(receiver)), ...(about ? { about } : {}) };
}

function endedBadly(
  { step, at: since, addressee, started, failing }: Scheduled,
  event: HistoryEvent,
  at: string,
): LedgerEntry {
  const cancelled = kindOf(event) === 'ACTIVITY_TASK_CANCELED';
  const failure =
    event.activityTaskFailedEventAttributes?.failure ?? event.activityTaskTimedOutEventAttributes?.failure;
  const type = failure?.applicationFailureInfo?.type ?? '';
  const [details] = decodePayloads(failure?.applicationFailureInfo?.details);
  const { profile } = (details ?? {}) as { readonly profile?: unknown };
  const error = cancelled
    ? undefined
    : { type: isErrorType(type) ? type : 'StepTimedOut', message: failure?.message ?? 'timed out' };
  return {
    step,
    outcome: cancelled ? 'cancelled' : 'failed',
    summary: error ? `${error.type}: ${error.message}` : cancelledAs(failing),
    attempts: (cancelled && failing?.attempt) || (started?.attempt ?? 1),
    startedAt: started?.at ?? since,
    finishedAt: at,
    ...(error ? { error } : {}),
    ...(typeof profile === 'string' ? { profile } : {}),
    ...addressee,
  };
}
