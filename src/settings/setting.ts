import type { Path } from './path.ts';

/** A key of a ConfigMap or Secret, or a file, as it is found. */
export interface SourceFile {
  /** What holds it: `configmap/app-config`, `secret/llm-keys`, `file`. */
  readonly object: string;
  /** The key in the object, or the path of the file. */
  readonly key: string;
  /** The name of the file that the container finds it as, where it is another: by that it is read. */
  readonly as?: string;
  /** It is found by something else than what the environment is of: what that has beside it is not known. */
  readonly elsewhere?: true;
  /** A text, or the bytes of it (`binaryData`, a file on disk). */
  readonly content: string | Uint8Array;
  /** Whether all of it is secret: a Secret, or one of Compose's `secrets`. No value of it is ever shown. */
  readonly secret: boolean;
}

/** What a value is, as its format has it: `8080` and `"8080"` are two settings to a program. */
export type SettingKind =
  | 'text'
  | 'whole number'
  | 'decimal number'
  | 'boolean'
  | 'date'
  | 'null'
  | 'empty list'
  | 'empty section'
  | 'bytes'
  /** A variable whose value is not known here, as one from a Secret that is not read. */
  | 'unknown';

/** One setting. */
export interface Setting {
  /** Empty for a text that is one setting as a whole. */
  readonly path: Path;
  readonly kind: SettingKind;
  /** The value, written in one way: `0x10` is `16`. */
  readonly value: string;
}

/** How a text is read: a format whose settings are known one by one, or a whole. */
export type Format = 'TOML' | 'YAML' | 'JSON' | 'env file' | 'one value';

/** Why a text cannot be read, and where; never what stands there. */
export interface Unread {
  readonly says: string;
  /** 1-based. */
  readonly line?: number;
  /** 1-based, in characters. */
  readonly column?: number;
  /** It is not broken: what is in it is not known here. Without a key, of no key of the object. */
  readonly unknown?: true;
}

/** What is said in a key or a file. */
export interface ReadFile {
  readonly object: string;
  readonly key: string;
  /** As of its `SourceFile`. */
  readonly as?: string;
  readonly elsewhere?: true;
  readonly secret: boolean;
  /** By its name. A text that is no text of its format has one setting all the same: itself. */
  readonly format: Format;
  /** In the order in which they are written, as far as the format keeps one. */
  readonly settings: readonly Setting[];
  readonly unread?: Unread;
}

/** Why a file cannot be read, with the place. */
export function unreadWords({ unread }: ReadFile): string {
  const { says, line, column } = unread ?? { says: '' };
  if (line === undefined) return says;
  return `${says} (line ${line}${column === undefined ? '' : `, column ${column}`})`;
}
