import { checkKind } from '../check-kind.ts';
import { createChatCheck } from './probe.ts';
import { chatSettings } from './settings.ts';

/**
 * Runbook 6.2: a user's question is really answered. Few messages are sent, because the service stores each one and
 * feeds it into later prompts (service contract, 4.6).
 *
 * Reads: the answer to a smoke message, POST /api/v1/chat.
 * Writes: a few smoke messages, which the service stores. They carry a nonce; a repeated attempt sends other ones.
 */
export const chat = checkKind({
  id: 'chat',
  settings: chatSettings,
  onByDefault: true,
  faults: ({ needed, maxMessages }) =>
    needed > maxMessages ? [{ key: 'needed', message: 'more than maxMessages allows' }] : [],
  create: (settings, { endpoint, authorise }) => createChatCheck(settings, endpoint, authorise),
});
