import * as z from 'zod';
import { apiPath, section, text } from '../../schema-parts/parts.ts';
import type { SettingsFrom } from '../../schema-parts/settings.ts';
import { inMilliseconds, policyKeys } from '../check-policy.ts';
import { CHAT_ERROR_CODES } from './judge.ts';
import { DRIVES_GIT } from './smoke-message.ts';

export const chatSettings = section({
  path: apiPath().default('/api/v1/chat').describe('Path under the endpoint.'),
  message: text(200)
    .refine((message) => !DRIVES_GIT.test(message), {
      error:
        'contains "git" or "commit": the planner would hand it to git_agent, which may change a repository',
    })
    .default('rollback smoke test')
    .describe(
      'The smoke message; a nonce is appended. Must not contain "git" or "commit" (service contract, 4.4).',
    ),
  acceptErrors: z
    .array(z.enum(CHAT_ERROR_CODES))
    .default([])
    .describe(
      'Codes of well-formed errors that count as an answer (runbook 6.2). Empty: only success counts.',
    ),
  maxMessages: z
    .int()
    .min(1)
    .max(20)
    .default(5)
    .describe(
      'Smoke messages that one check may send. The service stores each one and feeds it into later prompts (service contract, 4.6). After one without a good answer the next waits for its share of the budget, within / maxMessages.',
    ),
  ...policyKeys({ needed: 1, within: '3m', timeout: '45s' }),
}).transform(inMilliseconds);

/** What can be set of the check chat. */
export type ChatSettings = SettingsFrom<typeof chatSettings>;
