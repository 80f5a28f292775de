import { createMasker, type Masker } from '../../../domain/masking/mask-value.ts';
import { MASK } from '../../../domain/redact.ts';
import type { RawJson, RawObject } from '../api/resources.ts';

/** Lists that hold a command line. */
const COMMAND_LINES = new Set(['command', 'args']);

/** A template that may be shown. */
export interface MaskedTemplate {
  readonly template: RawJson;
  /** Everything that is not shown, to tell whether two templates differ there. Never shown itself. */
  readonly hidden: readonly string[];
}

/**
 * Masks what looks like a secret in a pod template:
 *
 * - of an environment variable (and of whatever else is a pair of `name` and `value`, such as a header) the literal
 *   value, by the name or by what it is;
 * - the value of a member whose key is a secret's name, such as an annotation;
 * - in command lines what follows a flag of such a name;
 * - in every text the credentials of a URL, and whatever else has the shape of a credential.
 */
export function maskTemplate(template: RawObject, masker: Masker = createMasker()): MaskedTemplate {
  const hidden: string[] = [];
  const show = (raw: string, shown: string): string => {
    if (raw !== shown) hidden.push(...hiddenParts(raw, shown));
    return shown;
  };
  const walk = (value: RawJson, key: string): RawJson => {
    if (typeof value === 'string') return show(value, masker.text(value));
    if (Array.isArray(value)) return value.map((item, index) => walkItem(item, key, value[index - 1]));
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.keys(value)
      .sort()
      .map((name): [string, RawJson] => [name, walkMember(value, name)]);
    return Object.fromEntries(members);
  };
  const walkItem = (item: RawJson, list: string, before: RawJson | undefined): RawJson => {
    const isSecret = COMMAND_LINES.has(list) && typeof item === 'string' && isSecretFlag(before);
    return isSecret && !/^--[a-z]/i.test(item) ? show(item, MASK) : walk(item, '');
  };
  const isSecretFlag = (item: RawJson | undefined): boolean => {
    const [, flag] = typeof item === 'string' ? (/^--?([\w.-]+)$/.exec(item) ?? []) : [];
    return flag !== undefined && masker.hides(flag);
  };
  const walkMember = (parent: RawObject, key: string): RawJson => {
    const value = parent[key] ?? null;
    if (typeof value !== 'string') return walk(value, key);
    const { name } = parent;
    if (key === 'value' && typeof name === 'string') return show(value, masker.value(name, value));
    return masker.hides(key) ? show(value, MASK) : walk(value, key);
  };
  return { template: walk(template, ''), hidden };
}

/** What stands in the raw text where the shown one has a mask. */
function hiddenParts(raw: string, shown: string): readonly string[] {
  const [first = '', ...rest] = shown.split(MASK);
  let from = first.length;
  return rest.map((part) => {
    const end = part === '' ? raw.length : raw.indexOf(part, from);
    const hidden = raw.slice(from, end);
    from = end + part.length;
    return hidden;
  });
}
