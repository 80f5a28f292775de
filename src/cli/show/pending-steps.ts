import { defaultPayloadConverter } from '@temporalio/common';
import { isStepId } from '../../domain/steps/steps.ts';
import type { RunningStep } from './run-lines.ts';

/** The fields of temporal.api.workflow.v1.PendingActivityInfo that are read. */
export interface PendingActivity {
  readonly activityType?: { readonly name?: string | null } | null;
  readonly attempt?: number | null;
  readonly scheduledTime?: { readonly seconds?: unknown } | null;
  readonly lastStartedTime?: { readonly seconds?: unknown; readonly nanos?: number | null } | null;
  readonly heartbeatDetails?: { readonly payloads?: unknown[] | null } | null;
  readonly lastFailure?: { readonly message?: string | null } | null;
}

/** A pending activity as the step that runs now; nothing for one that is no step of this runbook. */
export function runningStep(pending: PendingActivity): RunningStep[] {
  const step = pending.activityType?.name;
  if (!isStepId(step)) return [];
  const started = pending.lastStartedTime;
  const since = started ? new Date(Number(started.seconds) * 1000 + (started.nanos ?? 0) / 1e6) : new Date();
  const failure = pending.lastFailure?.message;
  return [
    {
      step,
      message: messageOf(pending) || 'running',
      ...(failure ? { failure } : {}),
      since: since.toISOString(),
      attempt: pending.attempt ?? 1,
    },
  ];
}

/** What the step's heartbeat says: `message` of the rollout, `last` of a check. */
function messageOf({ heartbeatDetails }: PendingActivity): string | undefined {
  const [payload] = heartbeatDetails?.payloads ?? [];
  if (!payload) return undefined;
  const details = defaultPayloadConverter.fromPayload<{ message?: string; last?: string } | null>(
    payload as never,
  );
  return details?.message ?? details?.last;
}
