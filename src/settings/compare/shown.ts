import type { Masker } from '../../domain/masking/mask-value.ts';
import { MASK } from '../../domain/redact.ts';
import { type Path, pathText } from '../path.ts';
import type { ReadFile, Setting } from '../setting.ts';
import { excerpt } from './excerpt.ts';

/** What of a file's settings people may see. */
export interface ShownFile {
  /** The value, masked but not cut; nothing where all of it is secret. */
  value(setting: Setting): string | undefined;
  /** The path, cut, and without a key that looks like a secret itself. */
  path(path: Path): string;
}

/** Longer texts are not masked, which takes its time, but told by their length. In characters. */
const MASKED_LIMIT = 8192;

/** A list item that is the flag of the next one: `--token`. */
const FLAG = /^--?([\w.-]+)$/;

/**
 * Shows the settings of a file: nothing of a secret one; of another what is no secret by the setting's name, the names
 * above it, or itself (docs/decisions/0010). In a pair of `name` and `value` the name counts, behind a flag the flag.
 */
export function shownFile(file: ReadFile, masker: Masker): ShownFile {
  const texts = new Map<string, string>();
  for (const { path, kind, value } of file.settings) if (kind === 'text') texts.set(pathText(path), value);
  const textAt = (path: Path) => texts.get(pathText(path));
  const isSecret = (setting: Setting, name: string): boolean => {
    if (masker.hides(name)) return true;
    if (setting.kind !== 'text') return false;
    const names = setting.path.filter((part) => typeof part === 'string');
    return masker.hides(names.join('.')) || followsFlag(setting.path, textAt, masker);
  };
  return {
    value(setting) {
      if (file.secret) return undefined;
      if (!/^(?:text|bytes|.* number)$/.test(setting.kind)) return setting.value;
      const name = nameOf(file.key, setting.path, textAt);
      if (setting.value !== '' && isSecret(setting, name)) return undefined;
      if (setting.kind === 'bytes')
        return `${setting.value.length} ${setting.value.length === 1 ? 'byte' : 'bytes'}`;
      if (setting.kind !== 'text') return setting.value;
      if (isBlock(file, setting)) return linesOf(setting.value);
      if (setting.value.length > MASKED_LIMIT) return `text of ${setting.value.length} characters`;
      const shown = masker.value(name, setting.value);
      return shown === MASK ? undefined : JSON.stringify(shown);
    },
    path: (path) =>
      excerpt(
        pathText(
          path.map((part) => (typeof part === 'string' && masker.value('', part) !== part ? MASK : part)),
        ),
      ),
  };
}

/** By what a setting is known: its key; the name in a pair of `name` and `value`; a list's for its items; else the file's. */
function nameOf(key: string, path: Path, textAt: (path: Path) => string | undefined): string {
  const at = path.findLastIndex((part) => typeof part === 'string');
  if (at < 0) return key.slice(key.lastIndexOf('/') + 1);
  const name = String(path[at]);
  const above = path.slice(0, at);
  const named =
    name.toLowerCase() === 'value' ? (textAt([...above, 'name']) ?? textAt([...above, 'key'])) : undefined;
  return named ?? name;
}

function followsFlag(path: Path, textAt: (path: Path) => string | undefined, masker: Masker): boolean {
  const last = path.at(-1);
  if (typeof last !== 'number' || last === 0) return false;
  const [, flag] = FLAG.exec(textAt([...path.slice(0, -1), last - 1]) ?? '') ?? [];
  return flag !== undefined && masker.hides(flag);
}

/** A text that has no name, or whose parts have none: any line may be a part of any value. */
function isBlock({ format, unread }: ReadFile, { path, value }: Setting): boolean {
  if (path.length > 0) return false;
  return unread !== undefined || format !== 'one value' || value.trimEnd().includes('\n');
}

function linesOf(text: string): string {
  const count = text.trimEnd().split('\n').length;
  return `text of ${count} ${count === 1 ? 'line' : 'lines'}`;
}
