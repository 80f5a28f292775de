import { matchesGlob } from '../glob.ts';
import { matchesPath, parsePattern } from '../path.ts';
import { type ReadFile, unreadWords } from '../setting.ts';
import { asksOfEnvironment, asksOfValue, faultOf } from './conditions.ts';
import { ENVIRONMENT } from './environment.ts';
import type { MissingFault, PlacedFault } from './fault.ts';
import type { Surroundings } from './filled.ts';
import type { SettingRule } from './schema.ts';

/**
 * What does not keep a rule of the profile. Nothing to judge is a fault, unless the rule is optional: no data is never a pass.
 * @param files all of them, with those of the environment
 */
export function ruleFaults(
  rule: SettingRule,
  files: readonly ReadFile[],
  around: Surroundings,
): readonly (PlacedFault | MissingFault)[] {
  const matched = files.filter((file) => isAbout(rule, file));
  const unread = matched.filter((file) => file.unread !== undefined);
  const judged = matched
    .filter((file) => file.unread === undefined)
    .map((file) => faultsIn(rule, file, around));
  const isFound = judged.some(({ count }) => count > 0);
  const faults = judged.flatMap((one) => one.faults);
  const needsUnread = !isFound && !rule.optional;
  const unjudged = unread.flatMap((file): readonly PlacedFault[] => {
    const isUnknown = file.unread?.unknown === true;
    // What is not known is of interest only where nothing else has the setting.
    if (isUnknown && !needsUnread) return [];
    const says = `cannot be judged: ${unreadWords(file)}`;
    // Another file has the setting: this one may have nothing to do with it.
    return [{ file, path: [], says, ...((isUnknown || !needsUnread) && { uncertain: true }) }];
  });
  const isMissing = needsUnread && unread.length === 0;
  return [...faults, ...unjudged, ...(isMissing ? [missing(rule, matched, around)] : [])];
}

function isAbout(rule: SettingRule, { object, key, as = key, unread }: ReadFile): boolean {
  // A rule about any object is about none of the environment.
  if ((object === ENVIRONMENT) !== (rule.object === ENVIRONMENT)) return false;
  const isAnyKey = unread?.unknown === true && key === '';
  return (
    matchesGlob(rule.object, object) && (isAnyKey || matchesGlob(rule.key, key) || matchesGlob(rule.key, as))
  );
}

/** The faults of one file, and how many settings of it the rule is about. */
function faultsIn(
  rule: SettingRule,
  file: ReadFile,
  around: Surroundings,
): { readonly count: number; readonly faults: readonly PlacedFault[] } {
  if (!rule.setting && file.format !== 'one value' && file.object !== ENVIRONMENT) {
    const says = `is read as ${file.format}: write in the rule which setting of it is meant`;
    return { count: 1, faults: asksOfValue(rule) ? [{ file, path: [], says }] : [] };
  }
  const pattern = parsePattern(rule.setting ?? '') ?? [];
  const settings = file.settings.filter(({ path }) => matchesPath(pattern, path));
  const faults = settings.flatMap((setting): readonly PlacedFault[] => {
    const fault = faultOf(rule, { ...around, file, setting });
    if (!fault) return [];
    const isElsewhere = file.elsewhere === true && asksOfEnvironment(rule);
    return [
      { ...fault, file, path: setting.path, setting, ...(isElsewhere && { uncertain: true as const }) },
    ];
  });
  return { count: settings.length, faults };
}

function missing(
  { object, key, setting: pattern = '' }: SettingRule,
  matched: readonly ReadFile[],
  { environment }: Surroundings,
): MissingFault {
  if (object === ENVIRONMENT && !environment.complete) {
    const says = 'may be missing: not all variables of the container are known here';
    return { object, key: '', pattern, says, uncertain: true };
  }
  const [only] = matched.length === 1 ? matched : [];
  const place = only ?? { object, key: object === ENVIRONMENT ? '' : key };
  return { object: place.object, key: place.key, pattern, says: 'is missing' };
}
