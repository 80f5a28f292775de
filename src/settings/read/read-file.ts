import { readEnvText } from '../../domain/env-text.ts';
import type { Format, ReadFile, Setting, SourceFile } from '../setting.ts';
import { flatten } from './flatten.ts';
import { formatOf } from './format.ts';
import { readJson } from './json.ts';
import { readToml } from './toml.ts';
import { Unreadable, unreadableAt } from './unreadable.ts';
import { readYaml } from './yaml.ts';

/** No longer text is read setting by setting: the work for it grows with it. In characters. */
export const TEXT_LIMIT = 128 * 1024;

const READERS: Readonly<Record<Format, (text: string) => readonly Setting[]>> = {
  TOML: (text) => flatten(readToml(text)),
  YAML: (text) => flatten(readYaml(text)),
  JSON: (text) => flatten(readJson(text)),
  'env file': readEnv,
  'one value': oneValue,
};

/**
 * Reads a key or a file as settings, in the format that its name says. Whatever stands in it, it does not throw: a text that
 * is none of its format is one setting as a whole, with the place and never a value of what is wrong.
 */
export function readFile({ content, ...source }: SourceFile): ReadFile {
  const format = formatOf(source.as ?? source.key);
  const file = { ...source, format };
  const text = typeof content === 'string' ? content.replace(/^\uFEFF/, '') : decoded(content);
  if (text === undefined || text.includes('\0')) {
    const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : content;
    const settings: readonly Setting[] = [
      { path: [], kind: 'bytes', value: Buffer.from(bytes).toString('latin1') },
    ];
    return format === 'one value'
      ? { ...file, settings }
      : { ...file, settings, unread: { says: 'no text in UTF-8' } };
  }
  const whole = oneValue(text);
  if (format !== 'one value' && text.length > TEXT_LIMIT) {
    // The program may well read it.
    return {
      ...file,
      settings: whole,
      unread: { says: `longer than ${TEXT_LIMIT / 1024} KiB`, unknown: true },
    };
  }
  try {
    return { ...file, settings: READERS[format](text) };
  } catch (error) {
    return { ...file, settings: whole, unread: unreadOf(error, format) };
  }
}

/** As UTF-8, without its mark; nothing for bytes that are none. */
function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** What the parsers do not notice by themselves: aliases without end, and a stack that ends before the text does. */
function unreadOf(error: unknown, format: Format) {
  if (error instanceof Unreadable) return error.unread;
  if (error instanceof ReferenceError) return { says: 'an alias without anchor, or too many aliases' };
  return { says: error instanceof RangeError ? 'nested too deeply' : `not ${format}` };
}

function readEnv(text: string): readonly Setting[] {
  const read = readEnvText(text);
  if ('problem' in read) throw unreadableAt(text, read.at, read.problem);
  // Of two lines of one name the last counts.
  const values = new Map(read.assignments.map(({ name, value }) => [name, value]));
  return [...values].map(([name, value]) => ({ path: [name], kind: 'text', value }));
}

function oneValue(text: string): readonly Setting[] {
  return [{ path: [], kind: 'text', value: text }];
}
