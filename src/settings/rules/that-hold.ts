import type { CriticalRules } from './schema.ts';

/**
 * The rules that hold for a service; nothing where none does: then nothing has to be read.
 * @param isOrchestrator whether it is the master orchestrator, where the rules themselves do not say so.
 */
export function rulesThatHold(rules: CriticalRules, isOrchestrator: boolean): CriticalRules | undefined {
  const holds = rules.orchestrator ?? isOrchestrator;
  const defaults = holds ? rules.defaults : ALL_OFF;
  const isAny = rules.rules.length > 0 || Object.values(defaults).some((on) => on !== 'off');
  return isAny ? { ...rules, defaults } : undefined;
}

const ALL_OFF: CriticalRules['defaults'] = {
  'config-readable': 'off',
  'llm-provider': 'off',
  'agents-complete': 'off',
  'agents-within-bounds': 'off',
  'no-placeholders': 'off',
};
