import type { Path } from '../path.ts';
import type { Setting, SettingKind } from '../setting.ts';
import { Unreadable } from './unreadable.ts';

/** Sections within sections. */
export const DEPTH_LIMIT = 64;
/** Settings of one text: aliases of aliases make any number of a few lines. */
const COUNT_LIMIT = 20_000;

/**
 * The settings of what a parser has made: maps or objects, lists, and single values. Its limits hold for values that hold
 * themselves too.
 * @throws Unreadable for one too deep or too large.
 */
export function flatten(value: unknown): readonly Setting[] {
  const settings: Setting[] = [];
  const walk = (inner: unknown, path: Path): void => {
    if (path.length > DEPTH_LIMIT) throw new Unreadable({ says: 'nested too deeply' });
    const entries = entriesOf(inner);
    if (entries && entries.length > 0) {
      for (const [key, item] of entries) walk(item, [...path, key]);
      return;
    }
    if (settings.length >= COUNT_LIMIT) throw new Unreadable({ says: `more than ${COUNT_LIMIT} settings` });
    settings.push({ path, ...single(inner) });
  };
  walk(value, []);
  return settings;
}

function entriesOf(value: unknown): readonly (readonly [string | number, unknown])[] | undefined {
  if (Array.isArray(value)) return value.map((item, index) => [index, item]);
  if (value instanceof Map) return [...value].map(([key, item]) => [key === null ? '' : String(key), item]);
  if (typeof value !== 'object' || value === null || value instanceof Date) return undefined;
  return Object.entries(value);
}

function single(value: unknown): { readonly kind: SettingKind; readonly value: string } {
  if (value === null || value === undefined) return { kind: 'null', value: 'null' };
  if (Array.isArray(value)) return { kind: 'empty list', value: '[]' };
  // TOML has dates without a time, and times without a date: the parser's own text is exact, unless there is no such day.
  if (value instanceof Date) return { kind: 'date', value: dateText(value) };
  switch (typeof value) {
    case 'bigint':
      return { kind: 'whole number', value: String(value) };
    case 'number':
      return { kind: 'decimal number', value: `${value}${/^-?\d+$/.test(String(value)) ? '.0' : ''}` };
    case 'boolean':
      return { kind: 'boolean', value: String(value) };
    case 'object':
      return { kind: 'empty section', value: '{}' };
    default:
      return { kind: 'text', value: String(value) };
  }
}

function dateText(date: Date): string {
  if (Number.isNaN(date.getTime())) throw new Unreadable({ says: 'a date that there is not' });
  return date.toISOString();
}
