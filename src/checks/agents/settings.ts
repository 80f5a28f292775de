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
      'What a missing agent means. An empty list where none is expected, and none was listed on the known-good version, is not applicable.',
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
