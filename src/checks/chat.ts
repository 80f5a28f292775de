import { RunbookError } from '../domain/errors.ts';
import type { ChatSettings } from '../domain/profile.ts';
import { addressOf, exchange } from '../http/exchange.ts';
import type { Authorise } from './auth.ts';
import { judgeChat } from './chat-answer.ts';
import type { Check, Look, LookContext } from './check.ts';
import { answerOf, comeBackLater, jsonOf, unclear } from './looks.ts';
import { DRIVES_GIT, smokeMessage } from './smoke-message.ts';

/**
 * Runbook 6.2: a question is really answered. Few messages are sent, because the service stores each one and
 * feeds it into later prompts (service contract, section 11.3): the last one allowed ends the check.
 *
 * Throws `RunbookError` `InvalidConfig` for a message that would drive git_agent.
 */
export function createChatCheck(settings: ChatSettings, endpoint: string, authorise: Authorise): Check {
  if (DRIVES_GIT.test(settings.message)) {
    throw new RunbookError(
      'InvalidConfig',
      'checks.chat.message contains "git" or "commit": it would drive git_agent',
    );
  }
  const last = (look: Look): Look => ({ ...look, final: true });
  return {
    id: 'chat',
    look: async (context) => {
      if (context.number > settings.maxMessages) {
        return last(unclear(`no more than ${settings.maxMessages} smoke messages are sent`));
      }
      const look = await ask(settings, endpoint, authorise, context);
      return context.number === settings.maxMessages ? last(look) : look;
    },
  };
}

async function ask(
  settings: ChatSettings,
  endpoint: string,
  authorise: Authorise,
  { signal, key, number }: LookContext,
): Promise<Look> {
  const { message, correlationId } = smokeMessage(settings.message, key, number);
  // Kept even when nothing comes back: it is the term to search the service's logs for (section 1.12).
  const values = { correlationId };
  const outcome = await exchange({
    method: 'POST',
    url: addressOf(endpoint, settings.path),
    headers: { accept: 'application/json', 'content-type': 'application/json', ...(await authorise(signal)) },
    // Nothing else: the one generation's schema forbids what the other's allows (section 1.5).
    body: JSON.stringify({ message, correlation_id: correlationId }),
    timeoutMs: settings.timeoutMs,
    signal,
    fresh: true,
  });
  const answered = answerOf(outcome);
  if ('look' in answered) return { ...answered.look, values };
  const later = comeBackLater(answered.answer);
  if (later) return { ...later, values };
  const json = jsonOf(answered.answer);
  return 'look' in json
    ? { ...json.look, values }
    : judgeChat(json.value, correlationId, settings.acceptErrors);
}
