import { apiPath, section, text } from '../../schema-parts/parts.ts';
import type { SettingsFrom } from '../../schema-parts/settings.ts';
import { inMilliseconds, policyKeys } from '../check-policy.ts';

export const healthSettings = section({
  path: apiPath().default('/health').describe('Path under the endpoint.'),
  provider: text()
    .exactOptional()
    .describe('LLM provider that /health must name; without it the one in the known-good evidence.'),
  model: text()
    .exactOptional()
    .describe('LLM model that /health must name; without it the one in the known-good evidence.'),
  ...policyKeys({ needed: 3, within: '2m', timeout: '5s' }),
}).transform(inMilliseconds);

/** What can be set of the check health. */
export type HealthSettings = SettingsFrom<typeof healthSettings>;
