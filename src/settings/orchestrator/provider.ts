import { closest } from '../../domain/closest.ts';
import { type Path, pathText } from '../path.ts';
import type { Fault, PlacedFault } from '../rules/fault.ts';
import { filledIn, type Surroundings, unfilled, unsetVariable } from '../rules/filled.ts';
import type { ReadFile } from '../setting.ts';
import { type EffectiveConfig, type PlacedSetting, providerOf } from './effective.ts';

/** Where the provider is named. */
export const DEFAULT_PROVIDER: Path = ['llm', 'default_provider'];

/** Providers on the same machine, which want no key. */
const KEYLESS: ReadonlySet<string> = new Set(['ollama', 'lmstudio']);
/** Without a base address the orchestrator ends when it starts (service contract, 1.2). */
const NEEDS_ADDRESS: ReadonlySet<string> = new Set(['openrouter']);

/** `llm.default_provider` names a provider that has its section, with a model and a key (runbook 5). */
export function providerFaults(config: EffectiveConfig, around: Surroundings): readonly PlacedFault[] {
  const named = config.settings.get(pathText(DEFAULT_PROVIDER));
  const file = named?.file ?? config.files[0];
  if (!file) return [];
  const at = (path: Path, fault: Fault | undefined, where: ReadFile = file): readonly PlacedFault[] =>
    fault ? [{ ...fault, file: where, path }] : [];
  if (!named) return at(DEFAULT_PROVIDER, { says: 'is missing' });
  const open = unfilled(named.value, 'from-environment', around);
  if (open) return at(DEFAULT_PROVIDER, open);
  const provider = filledIn(named.value, around)?.trim();
  if (provider === undefined) {
    return at(DEFAULT_PROVIDER, { says: 'names a provider that is not known here', uncertain: true });
  }
  const section = [...config.settings.values()].filter(({ path }) => providerOf(path) === provider);
  const [first] = section;
  if (!first) return at(DEFAULT_PROVIDER, withoutSection(provider, config, around));
  const root = first.path.slice(0, first.path.indexOf(provider, 1) + 1);
  const settingOf = (name: string) =>
    section.find(({ path }) => pathText(path) === pathText([...root, name]));
  const model = settingOf('model_name') ?? settingOf('model');
  return [
    ...at([...root, 'model_name'], valueFault(model, around), first.file),
    ...at([...root, 'api_key'], KEYLESS.has(provider) ? undefined : keyFault(settingOf, around), first.file),
    ...at([...root, 'base_url'], addressFault(settingOf('base_url'), provider, around), first.file),
  ];
}

function withoutSection(provider: string, { settings }: EffectiveConfig, { masker }: Surroundings): Fault {
  const known = [
    ...new Set([...settings.values()].map(({ path }) => providerOf(path)).filter((one) => one !== undefined)),
  ];
  const meant = closest(provider, known);
  return {
    says: `names a provider that has no section${meant === undefined || masker.value('', meant) !== meant ? '' : `, did you mean ${meant}?`}`,
  };
}

function valueFault(setting: PlacedSetting | undefined, around: Surroundings): Fault | undefined {
  if (!setting) return { says: 'is missing' };
  return unfilled(setting.kind === 'null' ? '' : setting.value, 'from-environment', around);
}

/** The key stands there, or the name of the variable that holds it. */
function keyFault(
  settingOf: (name: string) => PlacedSetting | undefined,
  around: Surroundings,
): Fault | undefined {
  const [written, variable] = [settingOf('api_key'), settingOf('api_key_env')];
  if (written || !variable) return valueFault(written, around);
  return unfilled(variable.value, 'as-written', around) ?? unsetVariable(variable.value.trim(), around);
}

function addressFault(
  setting: PlacedSetting | undefined,
  provider: string,
  around: Surroundings,
): Fault | undefined {
  if (!setting) return NEEDS_ADDRESS.has(provider) ? { says: 'is missing' } : undefined;
  const open = valueFault(setting, around);
  if (open) return open;
  const address = filledIn(setting.value, around);
  const isAddress = address === undefined || (/^https?:/i.test(address) && URL.canParse(address));
  return isAddress ? undefined : { says: 'is no http or https address' };
}
