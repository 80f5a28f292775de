import { announce } from '../domain/announce.ts';
import { RunbookError } from '../domain/errors.ts';
import type { RunReport } from '../domain/ledger.ts';
import type { Dependencies } from './dependencies.ts';
import { stepActivity } from './step.ts';

/**
 * Runbook 7.1: tells people. One activity a receiver, so that a broken one does not repeat the others.
 *
 * Reads: the report so far.
 * Writes: one message to one receiver.
 * Result: who was told.
 * Errors: `NotificationFailed`, `SecretUnavailable` are tried a few times; they never stop a run.
 * Safe to retry: the message carries an idempotency key that is the same for every attempt.
 */
export function notify(deps: Dependencies) {
  return stepActivity(async ({ signal, key, workflowId, runId }, receiver: string, report: RunReport) => {
    const { request } = report;
    if (!request)
      throw new RunbookError('NotificationFailed', 'nobody to tell: the request named no service');
    const notifier = deps.service(request.service).notifiers.find(({ name }) => name === receiver);
    if (!notifier)
      throw new RunbookError('NotificationFailed', `the receiver ${receiver} is not configured any more`);
    const { headline, lines } = announce(report);
    const link = deps.link(workflowId, runId);
    await notifier.send(
      {
        idempotencyKey: `${key}/${runId}`,
        service: request.service,
        environment: request.environment,
        outcome: report.outcome,
        headline,
        lines,
        at: report.finishedAt ?? report.startedAt,
        workflowId,
        runId,
        ...(link ? { link } : {}),
      },
      signal,
    );
    return { value: { receiver }, summary: `told ${receiver}` };
  });
}
