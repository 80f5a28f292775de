import type { Path } from '../path.ts';
import type { Fault } from '../rules/fault.ts';
import type { Surroundings } from '../rules/filled.ts';
import type { ReadFile } from '../setting.ts';
import type { EffectiveConfig } from './effective.ts';

/** A fault of a config, with the file and setting that it is about. */
export interface PlacedFault extends Fault {
  readonly file: ReadFile;
  readonly path: Path;
}

/** What a rule says of one config. */
export type ConfigRule = (config: EffectiveConfig, around: Surroundings) => readonly PlacedFault[];
