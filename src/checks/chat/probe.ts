import { RunbookError } from '../../domain/errors.ts';
import type { OwnPlans } from '../../domain/proof/checks.ts';
import { addressOf, exchange, type HttpResponse } from '../../http/exchange.ts';
import { type Check, type ProbeContext, type ProbeResult, UNANSWERED } from '../check.ts';
import type { Authorise } from '../http/auth.ts';
import { jsonOf } from '../http/json.ts';
import { comeBackLater, responseOf } from '../http/responses.ts';
import { unclear } from '../probe-results.ts';
import { judgeChat, planOf } from './judge.ts';
import type { ChatSettings } from './settings.ts';
import { DRIVES_GIT, smokeMessage } from './smoke-message.ts';

/**
 * The check of one service; what it proves stands with the kind. The last message that is allowed ends the check. A
 * restart may have cost one, which is made up for.
 *
 * After a message without a good answer the service is left alone for its share of the budget, so that a circuit
 * that the bad release has opened can close meanwhile (service contract, 5.3). A request that reached nobody is no
 * message.
 *
 * Throws `RunbookError` `InvalidConfig` for a message that would drive git_agent.
 */
export function createChatCheck(
  settings: ChatSettings,
  endpoint: string,
  authorise: Authorise,
): Check<'chat'> {
  if (DRIVES_GIT.test(settings.message)) {
    throw new RunbookError(
      'InvalidConfig',
      'checks.chat.message contains "git" or "commit": it would drive git_agent',
    );
  }
  const { maxMessages, withinMs } = settings;
  return {
    id: 'chat',
    sendsMessages: true,
    probe: async (context) => {
      const left = maxMessages + (context.resumed ? 1 : 0) - context.messages;
      if (left <= 0) return unclear(`no more than ${maxMessages} smoke messages are sent`, { final: true });
      const result = await ask(settings, endpoint, authorise, context);
      if (!result.sent) return result;
      return {
        ...result,
        ...(result.verdict === 'passed' ? {} : { restMs: withinMs / maxMessages }),
        ...(left === 1 ? { final: true } : {}),
      };
    },
  };
}

async function ask(
  settings: ChatSettings,
  endpoint: string,
  authorise: Authorise,
  { signal, key, number }: ProbeContext,
): Promise<ProbeResult> {
  const { message, correlationId } = smokeMessage(settings.message, key, number);
  // Kept even when nothing comes back: it is the term to search the service's logs for (service contract, 2.6).
  const values = { correlationId };
  const outcome = await exchange({
    method: 'POST',
    url: addressOf(endpoint, settings.path),
    headers: { accept: 'application/json', 'content-type': 'application/json', ...(await authorise(signal)) },
    // Nothing else: the one generation's schema forbids what the other's allows (service contract, 4.1).
    body: JSON.stringify({ message, correlation_id: correlationId }),
    timeoutMs: settings.timeoutMs,
    signal,
    fresh: true,
  });
  const read = responseOf(outcome);
  if ('result' in read) {
    const perhaps = outcome.kind === 'unanswered' && outcome.delivered === 'perhaps';
    return { ...read.result, values, ...(perhaps ? { sent: UNANSWERED } : {}) };
  }
  const later = comeBackLater(read.response);
  if (later) return { ...later, values };
  const json = jsonOf(read.response);
  if ('result' in json) return { ...json.result, values, sent: planBehind(read.response) };
  return { ...judgeChat(json.value, correlationId, settings.acceptErrors), sent: planOf(json.value) };
}

/** The plan behind a response that is no chat answer: only an error inside the service may have come after one. */
function planBehind({ status }: HttpResponse): OwnPlans {
  return status >= 500 ? UNANSWERED : { started: 0, failed: 0 };
}
