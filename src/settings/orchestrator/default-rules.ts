import { pathText } from '../path.ts';
import type { PlacedFault } from '../rules/fault.ts';
import type { Surroundings } from '../rules/filled.ts';
import { DEFAULT_RULES, type DefaultRule } from '../rules/schema.ts';
import { type ReadFile, unreadWords } from '../setting.ts';
import { boundsFaults, completeFaults } from './agents.ts';
import { configName, type EffectiveConfig, effectiveConfigs } from './effective.ts';
import { placeholderFaults } from './placeholders.ts';
import { providerFaults } from './provider.ts';

/** What a rule says of one config. */
type ConfigRule = (config: EffectiveConfig, around: Surroundings) => readonly PlacedFault[];

/** The rules about a config that can be read. */
const CONFIG_RULES: Readonly<Record<Exclude<DefaultRule, 'config-readable'>, ConfigRule>> = {
  'llm-provider': providerFaults,
  'agents-complete': completeFaults,
  'agents-within-bounds': boundsFaults,
  'no-placeholders': placeholderFaults,
};

/** What does not keep the orchestrator's own rules, rule by rule. */
export function defaultFaults(
  files: readonly ReadFile[],
  around: Surroundings,
): readonly { readonly rule: DefaultRule; readonly faults: readonly PlacedFault[] }[] {
  const configs = effectiveConfigs(files, around.environment);
  return DEFAULT_RULES.map((rule) => ({
    rule,
    faults:
      rule === 'config-readable'
        ? unreadFaults(files)
        : configs.flatMap((config) => placedIn(config, CONFIG_RULES[rule](config, around))),
  }));
}

/** The orchestrator does not start with a config that cannot be read (service contract, 1.2); what others do is not known. */
function unreadFaults(files: readonly ReadFile[]): readonly PlacedFault[] {
  return files
    .filter((file) => file.unread !== undefined)
    .map((file) => {
      const says = `cannot be read: ${unreadWords(file)}`;
      // What may not be read is told of once, however many keys of it are used.
      if (file.unread?.unknown) {
        const whole = file.settings.length === 0 ? { ...file, key: '' } : file;
        return { file: whole, path: [], says, uncertain: true as const };
      }
      const { as = file.key, format, elsewhere } = file;
      const isOrchestrators = configName(as) !== undefined && format === 'TOML' && !elsewhere;
      return { file, path: [], says, ...(!isOrchestrators && { uncertain: true as const }) };
    });
}

/** Faults with their settings; those of a config that may be another one are not certain. */
function placedIn(
  { certain, settings }: EffectiveConfig,
  faults: readonly PlacedFault[],
): readonly PlacedFault[] {
  return faults.map((fault) => {
    const setting = settings.get(pathText(fault.path));
    return {
      ...fault,
      ...((!certain || fault.file.elsewhere) && { uncertain: true as const }),
      ...(setting?.file === fault.file && { setting }),
    };
  });
}
