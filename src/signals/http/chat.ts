import { createChatCheck } from '../../checks/chat/probe.ts';
import type { ChatSettings } from '../../checks/chat/settings.ts';
import type { ProbeResult } from '../../checks/check.ts';
import type { Authorise } from '../../checks/http/auth.ts';
import type { Answered } from './asked.ts';

/** How many messages are sent, and under which key: it gives each its nonce and correlation id. */
export interface ChatQuestion {
  readonly messages: number;
  readonly key: string;
  readonly signal: AbortSignal;
}

/**
 * The share of a few smoke messages that have failed, sent at the same time as the chat check sends them: with a nonce, and an id
 * that the service logs. An answer is one that a plan stands behind (service contract, 4.2 and 4.3), an error of the server
 * included; what is no answer (a rate limit, a refused token, a time-out, a page of something else, a cached one) says
 * nothing of the release.
 */
export async function askChat(
  settings: ChatSettings,
  { endpoint, authorise }: { readonly endpoint: string; readonly authorise: Authorise },
  { messages, key, signal }: ChatQuestion,
): Promise<Answered> {
  const check = createChatCheck({ ...settings, maxMessages: messages }, endpoint, authorise);
  const results = await Promise.all(
    Array.from({ length: messages }, (_, index) =>
      check.probe({ signal, key, number: index + 1, messages: 0, resumed: false, instances: [] }),
    ),
  );
  const answers = results.filter(isAnswer);
  const silent = results.find((result) => !isAnswer(result));
  const missing = `${messages - answers.length} of ${messages} chats not answered: ${silent?.observed}`;
  if (answers.length * 2 <= messages) return { why: missing };
  const failed = answers.filter(({ verdict }) => verdict === 'failed');
  return {
    value: failed.length / answers.length,
    samples: answers.length,
    notes: [...(failed[0] ? [failed[0].observed] : []), ...(silent ? [missing] : [])],
  };
}

function isAnswer({ verdict, sent }: ProbeResult): boolean {
  return verdict !== 'inconclusive' && sent !== undefined && sent.started > 0;
}
