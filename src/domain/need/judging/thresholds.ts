import type { SignalDefinition } from '../signals.ts';
import { signOf } from './series.ts';

/** Beyond which values it is bad, higher is worse: by the limit, and by its growth, each with an onset of its own. */
export function thresholdsOf(definition: SignalDefinition, baseline: number | undefined): readonly number[] {
  const { limit, growth } = definition;
  return [
    ...(limit === undefined ? [] : [signOf(definition) * limit]),
    ...(growth === undefined || baseline === undefined ? [] : [grownBeyond(definition, baseline, growth)]),
  ];
}

/** From which value on it has grown, higher is worse: so many times what it was (or one such part of it), and by more than noise. */
export function grownBeyond(
  { worse, noise = 0 }: SignalDefinition,
  baseline: number,
  growth: number,
): number {
  return Math.max(worse === 'lower' ? baseline / growth : baseline * growth, baseline + noise);
}
