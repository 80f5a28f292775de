import { pathText } from '../path.ts';
import type { PlacedFault } from '../rules/fault.ts';
import { type Surroundings, unfilled } from '../rules/filled.ts';
import { type EffectiveConfig, providerOf } from './effective.ts';
import { DEFAULT_PROVIDER } from './provider.ts';

/**
 * Nothing that is used waits to be filled in. The sections of providers have a rule of their own, for the one that is used:
 * the others wait in every config that is shipped. An empty text is a value.
 */
export function placeholderFaults(config: EffectiveConfig, around: Surroundings): readonly PlacedFault[] {
  return [...config.settings.values()].flatMap(({ file, path, kind, value }): readonly PlacedFault[] => {
    const isOthers = providerOf(path) !== undefined || pathText(path) === pathText(DEFAULT_PROVIDER);
    if (isOthers || kind !== 'text' || value.trim() === '') return [];
    const fault = unfilled(value, 'from-environment', around);
    return fault ? [{ ...fault, file, path }] : [];
  });
}
