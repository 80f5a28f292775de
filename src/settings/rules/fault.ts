import type { Path } from '../path.ts';
import type { ReadFile, Setting } from '../setting.ts';

/** What is wrong with a setting, in words that follow its name. */
export interface Fault {
  readonly says: string;
  /** It may be right: what it depends on is not known here. */
  readonly uncertain?: true;
}

/** A fault of a setting of a file. */
export interface PlacedFault extends Fault {
  readonly file: ReadFile;
  readonly path: Path;
  /** The setting, where there is one: its value is shown beside the fault, unless it is secret. */
  readonly setting?: Setting;
}

/** Nothing is there that a rule could be about. */
export interface MissingFault extends Fault {
  readonly object: string;
  readonly key: string;
  /** Pattern of the rule. */
  readonly pattern: string;
}
