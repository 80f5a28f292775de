import { matchesPath, type PathPattern, parsePattern } from '../path.ts';
import type { ReadFile, Setting } from '../setting.ts';
import { matchesExpression } from './expression.ts';
import type { Fault } from './fault.ts';
import { type Surroundings, unfilled, unsetVariable } from './filled.ts';
import { outOfBounds } from './quantity.ts';
import { type SettingRule, VALUE } from './schema.ts';

/** Longer values are not compared with an expression. In characters. */
const MATCHED_LIMIT = 1024;

/** A setting with what its rule may have to know beside it. */
export interface JudgedSetting extends Surroundings {
  readonly file: ReadFile;
  readonly setting: Setting;
}

type Condition = (rule: SettingRule, judged: JudgedSetting) => Fault | undefined;

/** What a rule may ask of a value, in the order in which it is asked. */
const CONDITIONS: readonly Condition[] = [isFilled, isOneOf, isMatch, isWithin, namesSection, namesVariable];

/** Whether a rule asks more than that the setting is there. */
export function asksOfValue({ oneOf, matches, number, filled, names, variable }: SettingRule): boolean {
  return [oneOf, matches, number, filled, names, variable].some((condition) => condition !== undefined);
}

/** Whether it hangs on the variables of the container. */
export function asksOfEnvironment({ filled, variable }: SettingRule): boolean {
  return filled === 'from-environment' || variable !== undefined;
}

/** The first condition of a rule that a setting does not keep. */
export function faultOf(rule: SettingRule, judged: JudgedSetting): Fault | undefined {
  if (judged.setting.kind === 'unknown') {
    return asksOfValue(rule)
      ? { says: 'is there, and its value is not known here', uncertain: true }
      : undefined;
  }
  for (const condition of CONDITIONS) {
    const fault = condition(rule, judged);
    if (fault) return fault;
  }
  return undefined;
}

function isFilled({ filled }: SettingRule, { setting, ...around }: JudgedSetting): Fault | undefined {
  if (filled === undefined) return undefined;
  return setting.kind === 'null' ? { says: 'is empty' } : unfilled(setting.value, filled, around);
}

function isOneOf({ oneOf }: SettingRule, { file, setting }: JudgedSetting): Fault | undefined {
  if (oneOf === undefined || oneOf.some((value) => isSame(value, file, setting))) return undefined;
  return { says: `is none of ${oneOf.map(String).join(', ')}` };
}

function isSame(value: string | number | boolean, file: ReadFile, { kind, value: found }: Setting): boolean {
  if (kind === 'text' && isTyped(file)) return value === found;
  if (kind === 'text') return String(value) === found.trim();
  if (typeof value === 'number') return /number$/.test(kind) && Number(found) === value;
  return typeof value === 'boolean' ? kind === 'boolean' && found === String(value) : false;
}

function isMatch({ matches }: SettingRule, { setting: { value }, slow }: JudgedSetting): Fault | undefined {
  if (matches === undefined) return undefined;
  if (value.length > MATCHED_LIMIT) {
    return { says: `is longer than ${MATCHED_LIMIT} characters, and not compared with ${matches}` };
  }
  const isMatching = slow.has(matches) ? undefined : matchesExpression(matches, value);
  if (isMatching === undefined) {
    slow.add(matches);
    return { says: `is not compared with ${matches}, which takes too long: write it in another way` };
  }
  return isMatching ? undefined : { says: `does not match ${matches}` };
}

function isWithin({ number }: SettingRule, { file, setting }: JudgedSetting): Fault | undefined {
  const says = number && outOfBounds(setting, isTyped(file), number);
  return says === undefined ? undefined : { says };
}

function namesSection({ names }: SettingRule, { file, setting }: JudgedSetting): Fault | undefined {
  if (!names) return undefined;
  const section = parsePattern(names.section.replaceAll(VALUE, quoted(setting.value))) ?? [];
  if (!file.settings.some(({ path }) => matchesPath([...section, 'any-depth'], path))) {
    return { says: `names no section ${names.section} that is there` };
  }
  const missing = names.having.find((name) => !isHeld([...section, ...(parsePattern(name) ?? [])], file));
  return missing === undefined ? undefined : { says: `names a section whose ${missing} is missing or empty` };
}

function isHeld(pattern: PathPattern, { settings }: ReadFile): boolean {
  return settings.some(
    ({ path, kind, value }) => matchesPath(pattern, path) && kind !== 'null' && value.trim() !== '',
  );
}

function namesVariable({ variable }: SettingRule, { setting, ...around }: JudgedSetting): Fault | undefined {
  return variable && unsetVariable(setting.value, around);
}

/** Whether a format tells `5` from `"5"`. */
function isTyped({ format }: ReadFile): boolean {
  return format === 'TOML' || format === 'YAML' || format === 'JSON';
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
