import type { DefaultRule } from '../rules/schema.ts';
import { boundsFaults, completeFaults } from './agents.ts';
import type { ConfigRule } from './default-rule.ts';
import { placeholderFaults } from './placeholders.ts';
import { providerFaults } from './provider.ts';

/** The orchestrator's rules about a config that can be read. */
export const CONFIG_RULES: Readonly<Record<Exclude<DefaultRule, 'config-readable'>, ConfigRule>> = {
  'llm-provider': providerFaults,
  'agents-complete': completeFaults,
  'agents-within-bounds': boundsFaults,
  'no-placeholders': placeholderFaults,
};
