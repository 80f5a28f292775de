import type { Announcement } from '../domain/announce.ts';
import { RunbookError } from '../domain/errors.ts';
import type { Dependencies } from './dependencies.ts';
import { stepActivity } from './step.ts';

/**
 * Runbook 7.1: tells people. One activity a receiver, so that a broken one does not repeat the others.
 *
 * Reads: what there is to say.
 * Writes: one message to one receiver.
 * Result: who was told.
 * Errors: `NotificationFailed`, `SecretUnavailable` are tried a few times; they never stop a run.
 * Safe to retry: the message carries an idempotency key that is the same for every attempt.
 */
export function notify(deps: Dependencies) {
  return stepActivity(
    async ({ signal, key, workflowId, runId }, receiver: string, announcement: Announcement) => {
      const { notifiers } = deps.service(announcement.service);
      const notifier = notifiers.find(({ name }) => name === receiver);
      if (!notifier) {
        throw new RunbookError('NotificationFailed', `the receiver ${receiver} is not configured any more`, {
          retryable: false,
        });
      }
      const link = deps.link(workflowId, runId);
      // Whoever calls this step cannot speak for another run.
      const ids = { idempotencyKey: `${key}/${runId}`, workflowId, runId };
      await notifier.send({ ...wordsOf(announcement), ...ids, ...(link ? { link } : {}) }, signal);
      return { value: { receiver }, summary: `told ${receiver}` };
    },
  );
}

/** What there is to say, and nothing else of what was handed over. */
function wordsOf({ service, environment, outcome, at, headline, lines, about }: Announcement): Announcement {
  return { service, environment, outcome, at, headline, lines, ...(about === undefined ? {} : { about }) };
}
