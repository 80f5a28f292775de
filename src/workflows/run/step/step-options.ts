import { ActivityCancellationType, type ActivityOptions } from '@temporalio/workflow';
import type { Addressee } from '../../../domain/ledger/ledger.ts';
import { RETRY_PROFILES, type RetryProfile, STEPS, type StepId } from '../../../domain/steps/steps.ts';

/** The activity options of a step: everything comes from the step catalogue. */
export function optionsOf(step: StepId, activityId: string, { receiver, about }: Addressee): ActivityOptions {
  const entry = STEPS[step];
  const profile: RetryProfile = RETRY_PROFILES[entry.retries];
  return {
    activityId,
    summary: receiver ? `${entry.summary} (${[receiver, about].filter(Boolean).join(', ')})` : entry.summary,
    startToCloseTimeout: profile.startToClose * 1000,
    // What was begun is known to have ended before people are told how the run ended.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    scheduleToCloseTimeout: profile.scheduleToClose * 1000,
    ...(profile.heartbeat ? { heartbeatTimeout: profile.heartbeat * 1000 } : {}),
    retry: {
      initialInterval: profile.retry.initial * 1000,
      backoffCoefficient: profile.retry.backoff,
      maximumInterval: profile.retry.maximum * 1000,
      ...(profile.retry.attempts ? { maximumAttempts: profile.retry.attempts } : {}),
    },
  };
}
