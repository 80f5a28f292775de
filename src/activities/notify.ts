import { RunbookError } from '../domain/errors.ts';
import type { Announcement } from '../domain/ledger/announce.ts';
import type { Notifier } from '../notifiers/notifier.ts';
import type { Dependencies } from './dependencies.ts';
import { receiversOfGroup } from './request/group-receivers.ts';
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
      const found = findNotifier(deps, announcement.service, receiver);
      if (!found) {
        throw new RunbookError('NotificationFailed', `the receiver ${receiver} is not configured any more`, {
          retryable: false,
        });
      }
      const { notifier, insteadOf } = found;
      const lines = insteadOf ? [...announcement.lines, insteadOf] : announcement.lines;
      const link = deps.link(workflowId, runId);
      // Whoever calls this step cannot speak for another run.
      const ids = { idempotencyKey: `${key}/${runId}`, workflowId, runId };
      await notifier.send(
        { ...wordsOf({ ...announcement, lines }), ...ids, ...(link ? { link } : {}) },
        signal,
      );
      return { value: { receiver }, summary: `told ${receiver}${insteadOf ? `: ${insteadOf}` : ''}` };
    },
  );
}

interface FoundNotifier {
  readonly notifier: Notifier;
  /** Why people are told elsewhere than the run was begun with. */
  readonly insteadOf?: string;
}

/**
 * The receiver of the service, or of the group. A service that was removed while its run was under way has none any more: people are
 * told by that of another service of the worker, of the same name if there is one.
 */
function findNotifier(deps: Dependencies, service: string, receiver: string): FoundNotifier | undefined {
  const named = ({ name }: Notifier) => name === receiver;
  if (Object.hasOwn(deps.config.groups, service)) {
    const ofMember = receiversOfGroup(deps.config, service).find(({ name }) => name === receiver);
    const notifier =
      ofMember && deps.service(ofMember.service).notifiers.find(({ name }) => name === ofMember.receiver);
    return notifier && { notifier };
  }
  if (Object.hasOwn(deps.config.services, service)) {
    const notifier = deps.service(service).notifiers.find(named);
    return notifier && { notifier };
  }
  const others = Object.keys(deps.config.services).flatMap((other) =>
    deps.service(other).notifiers.map((notifier) => ({ notifier, other })),
  );
  const found = others.find(({ notifier }) => named(notifier)) ?? others[0];
  return (
    found && {
      notifier: found.notifier,
      insteadOf: `${service} is not in the worker's runbook.yaml any more: told over ${found.notifier.name} of ${found.other}`,
    }
  );
}

/** What there is to say, and nothing else of what was handed over. */
function wordsOf({ service, environment, outcome, at, headline, lines, about }: Announcement): Announcement {
  return { service, environment, outcome, at, headline, lines, ...(about === undefined ? {} : { about }) };
}
