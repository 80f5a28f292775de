import type { AgentsSettings } from '../../checks/agents/settings.ts';
import type { ChatSettings } from '../../checks/chat/settings.ts';
import type { Authorise } from '../../checks/http/auth.ts';
import type { SignalReading } from '../../domain/need/signals.ts';
import type { SignalQuestion, SignalSource } from '../signal-source.ts';
import { askAgents } from './agents.ts';
import type { Answered } from './asked.ts';
import { askChat } from './chat.ts';

/** What is asked of the service's API itself. */
export type Asked = 'chat' | 'agents';

/** What the API is asked with: the settings of the checks that ask the same. */
export interface ApiQuestions {
  readonly endpoint: string;
  readonly authorise: Authorise;
  /** Of the messages, and how many. */
  readonly chat?: { readonly settings: ChatSettings; readonly messages: number };
  readonly agents?: AgentsSettings;
  /** Tells the messages of one service from those of another. */
  readonly name: string;
}

/**
 * The service's own API: it has no past. Each thing is asked once, however many signals are read from it.
 *
 * @param askedOf what the signal of an id is read from; none where the API has nothing of it
 */
export function createApiSource(
  questions: ApiQuestions,
  askedOf: (id: string) => Asked | undefined,
  now: () => number = Date.now,
): SignalSource {
  return {
    async read(definitions, question) {
      const wanted = [...new Set(definitions.flatMap(({ id }) => askedOf(id) ?? []))];
      const answers = new Map(
        await Promise.all(
          wanted.map(async (asked) => [asked, await answerOf(questions, asked, question, now())] as const),
        ),
      );
      const at = now();
      return definitions.map(({ id }) => {
        const asked = askedOf(id);
        return readingOf((asked && answers.get(asked)) ?? { why: 'the API does not have it' }, at);
      });
    },
  };
}

function answerOf(
  questions: ApiQuestions,
  asked: Asked,
  question: SignalQuestion,
  at: number,
): Promise<Answered> {
  const { chat, agents, name } = questions;
  switch (asked) {
    case 'chat': {
      if (!chat) return Promise.resolve({ why: 'no chats are sent: the check chat is off' });
      if (question.sendsChats === false) return Promise.resolve({ why: 'a dry run sends no chats' });
      const key = `signals/${name}/${question.to}`;
      return askChat(chat.settings, questions, { messages: chat.messages, key, signal: question.signal });
    }
    case 'agents':
      if (!agents) return Promise.resolve({ why: 'the check agents is off' });
      return askAgents(agents, questions, question, at);
  }
}

function readingOf(answered: Answered, at: number): SignalReading {
  if ('why' in answered) return { kind: 'no-data', source: 'http', why: answered.why };
  const { value, samples, notes } = answered;
  return {
    kind: 'measured',
    source: 'http',
    now: { at, value, samples },
    past: [],
    ...(notes.length > 0 ? { notes } : {}),
  };
}
