import { createMasker, type Masker } from '../domain/masking/mask-value.ts';
import type { Consequence, Finding } from '../domain/versions/findings.ts';
import { excerpt } from './compare/excerpt.ts';
import { type ShownFile, shownFile } from './compare/shown.ts';
import { defaultFaults } from './orchestrator/default-rules.ts';
import { pathText } from './path.ts';
import { type ContainerEnvironment, environmentFiles } from './rules/environment.ts';
import type { MissingFault, PlacedFault } from './rules/fault.ts';
import { ruleFaults } from './rules/judge-rule.ts';
import type { CriticalRules } from './rules/schema.ts';
import type { ReadFile } from './setting.ts';

/** More findings of one config say nothing new. */
const FINDINGS_LIMIT = 100;
/** Of what a finding says. In characters. */
const SAYS_LIMIT = 300;
/** In which order findings are told: what blocks is never cut off. */
const RANKS: readonly Consequence[] = ['block', 'ask', 'warn'];

/** A fault of a rule, before it is made fit to be shown: masking takes longer than to see that something is wrong. */
interface Found {
  readonly rule: string;
  readonly on: Consequence;
  readonly fault: PlacedFault | MissingFault;
}

/**
 * Which rules a config does not keep, the gravest first. Judged is the config that will be live: the files as the container
 * will find them, with the environment that it will have. What depends on something that is not known here is told (`warn`),
 * whatever the rule says: it neither blocks nor asks.
 *
 * @param masker what is a secret, beside what looks like one: the profile's `diff.mask`
 */
export function judgeSettings(
  files: readonly ReadFile[],
  environment: ContainerEnvironment,
  { defaults, rules }: CriticalRules,
  masker: Masker = createMasker(),
): readonly Finding[] {
  const around = { environment, masker, slow: new Set<string>() };
  const all = [...files, ...environmentFiles(environment)];
  const found = [
    ...defaultFaults(files, around).flatMap(({ rule, faults }) => {
      const on = defaults[rule];
      return on === 'off' ? [] : faults.map((fault) => foundBy(rule, on, fault));
    }),
    ...rules.flatMap((rule) =>
      ruleFaults(rule, all, around).map((fault) => foundBy(rule.name, rule.on, fault)),
    ),
  ];
  const ranked = once(found).toSorted((a, b) => RANKS.indexOf(a.on) - RANKS.indexOf(b.on));
  const shown = new Map<ReadFile, ShownFile>();
  const shownOf = (file: ReadFile) => {
    const known = shown.get(file) ?? shownFile(file, masker);
    shown.set(file, known);
    return known;
  };
  return ranked.slice(0, FINDINGS_LIMIT).map((one) => findingOf(one, shownOf));
}

function foundBy(rule: string, on: Consequence, fault: PlacedFault | MissingFault): Found {
  return { rule, on: fault.uncertain ? 'warn' : on, fault };
}

/** Two overlays over one base may say the same of it. */
function once(found: readonly Found[]): readonly Found[] {
  const seen = new Map(found.toReversed().map((one) => [identityOf(one), one]));
  return [...seen.values()].toReversed();
}

function identityOf({ rule, on, fault }: Found): string {
  const [{ object, key }, path] =
    'file' in fault ? [fault.file, pathText(fault.path)] : [fault, fault.pattern];
  return JSON.stringify([rule, on, object, key, path, fault.says]);
}

function findingOf({ rule, on, fault }: Found, shownOf: (file: ReadFile) => ShownFile): Finding {
  const says = (words: string) => words.slice(0, SAYS_LIMIT).toWellFormed();
  if (!('file' in fault)) {
    const { object, key, pattern } = fault;
    return { rule, object, key, path: pattern, says: says(fault.says), on };
  }
  const { file, path, setting } = fault;
  const shown = shownOf(file);
  const value = setting && setting.value !== '' ? shown.value(setting) : undefined;
  const words = value === undefined ? fault.says : `${fault.says} (it is ${excerpt(value)})`;
  return { rule, object: file.object, key: file.key, path: shown.path(path), says: says(words), on };
}
