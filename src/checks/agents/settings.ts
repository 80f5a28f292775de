import * as z from 'zod';
import { apiPath, port, section, text } from '../../schema-parts/parts.ts';
import type { SettingsFrom } from '../../schema-parts/settings.ts';
import { inMilliseconds, policyKeys } from '../check-policy.ts';

export const agentsSettings = section({
  path: apiPath().default('/api/v1/agents').describe('Path under the endpoint.'),
  expected: z
    .array(text(100))
    .default([])
    .describe(
      'Agents that must be there. An agent appears only after its first task (service contract, 5.2).',
    ),
  onMissing: z
    .enum(['inconclusive', 'fail', 'ignore'])
    .default('inconclusive')
    .describe(
      'What a missing agent, or an empty list, means. A generation that never lists its agents needs "ignore".',
    ),
  instancePort: port()
    .exactOptional()
    .describe(
      'Port of the API on every pod: each is asked by itself, because each has its own database. Without it the endpoint is asked.',
    ),
  ...policyKeys({ needed: 2, within: '3m', timeout: '5s' }),
}).transform(inMilliseconds);

/** What can be set of the check agents. */
export type AgentsSettings = SettingsFrom<typeof agentsSettings>;
