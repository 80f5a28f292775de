import { createMasker, type Masker } from '../domain/masking/mask-value.ts';
import { excerpt } from './compare/excerpt.ts';
import { type ShownFile, shownFile } from './compare/shown.ts';
import type { Finding } from './findings.ts';
import { matchesGlob } from './glob.ts';
import { CONFIG_RULES } from './orchestrator/default-rules.ts';
import { configName, effectiveConfigs } from './orchestrator/effective.ts';
import { matchesPath, type Path, parsePattern, pathText } from './path.ts';
import { asksOfValue, faultOf } from './rules/conditions.ts';
import { type ContainerEnvironment, ENVIRONMENT, environmentFiles } from './rules/environment.ts';
import type { Fault } from './rules/fault.ts';
import type { Consequence, CriticalRules, SettingRule } from './rules/schema.ts';
import type { ReadFile, Setting, Unread } from './setting.ts';

/** More findings of one config say nothing new. */
const FINDINGS_LIMIT = 100;
/** In which order findings are told. */
const RANKS: readonly Consequence[] = ['block', 'ask', 'warn'];
/** Of what a finding says. In characters. */
const SAYS_LIMIT = 300;

/**
 * Which rules a config does not keep, the gravest first. Judged is the config that will be live: the files as the container will find them,
 * with the environment that it will have. What depends on something that is not known here is told (`warn`), whatever the
 * rule says: it neither blocks nor asks.
 *
 * @param masker what is a secret, beside what looks like one: the profile's `diff.mask`
 */
export function judgeSettings(
  files: readonly ReadFile[],
  environment: ContainerEnvironment,
  rules: CriticalRules,
  masker: Masker = createMasker(),
): readonly Finding[] {
  const judgement = new Judgement(environment, masker);
  judgement.defaults(files, rules.defaults);
  const all = [...files, ...environmentFiles(environment)];
  for (const rule of rules.rules) judgement.rule(rule, all);
  return judgement.findings();
}

/** What was found, before it is made fit to be shown: masking takes longer than to see that something is wrong. */
interface Found extends Omit<Finding, 'path'> {
  readonly path: Path | string;
  readonly file?: ReadFile;
  readonly setting?: Setting | undefined;
}

class Judgement {
  /** By what they say: two overlays over one base may say the same of it. */
  readonly #found = new Map<string, Found>();
  readonly #files = new Map<ReadFile, ShownFile>();
  readonly #environment: ContainerEnvironment;
  readonly #masker: Masker;

  constructor(environment: ContainerEnvironment, masker: Masker) {
    this.#environment = environment;
    this.#masker = masker;
  }

  /** The orchestrator's own rules, where they are not switched off. */
  defaults(files: readonly ReadFile[], defaults: CriticalRules['defaults']): void {
    this.#readable(files, defaults['config-readable']);
    const around = { environment: this.#environment, masker: this.#masker };
    for (const config of effectiveConfigs(files, this.#environment)) {
      for (const [name, rule] of Object.entries(CONFIG_RULES)) {
        const on = defaults[name as keyof typeof CONFIG_RULES];
        if (on === 'off') continue;
        for (const { file, path, ...fault } of rule(config, around)) {
          const setting = config.settings.get(pathText(path));
          const certain = config.certain ? fault : { ...fault, uncertain: true as const };
          this.#find({ name, on }, file, path, certain, setting?.file === file ? setting : undefined);
        }
      }
    }
  }

  /** Files that cannot be read. The orchestrator does not start with such a config (service contract, 1.2). */
  #readable(files: readonly ReadFile[], on: Consequence | 'off'): void {
    if (on === 'off') return;
    for (const file of files) {
      if (!file.unread) continue;
      const isOwn = configName(file.key) !== undefined && file.format === 'TOML';
      const says = `cannot be read: ${wordsOf(file.unread)}`;
      this.#find({ name: 'config-readable', on: isOwn ? on : 'warn' }, file, [], { says });
    }
  }

  rule(rule: SettingRule, files: readonly ReadFile[]): void {
    const matched = files.filter(
      ({ object, key }) =>
        (object === ENVIRONMENT) === (rule.object === ENVIRONMENT) &&
        matchesGlob(rule.object, object) &&
        matchesGlob(rule.key, key),
    );
    const pattern = parsePattern(rule.setting ?? '') ?? [];
    let found = 0;
    for (const file of matched) {
      if (file.unread) {
        found += 1;
        this.#find(rule, file, [], { says: `cannot be judged: ${wordsOf(file.unread)}` });
      } else if (!rule.setting && file.format !== 'one value' && rule.object !== ENVIRONMENT) {
        found += 1;
        const says = `is read as ${file.format}: write in the rule which setting of it is meant`;
        if (asksOfValue(rule)) this.#find(rule, file, [], { says });
      } else {
        for (const setting of file.settings) {
          if (!matchesPath(pattern, setting.path)) continue;
          found += 1;
          const judged = { file, setting, environment: this.#environment, masker: this.#masker };
          const fault = faultOf(rule, judged);
          if (fault) this.#find(rule, file, setting.path, fault, setting);
        }
      }
    }
    if (found === 0 && !rule.optional) this.#missing(rule, matched);
  }

  /** Nothing is there that the rule could be about: no data is never a pass. */
  #missing(rule: SettingRule, matched: readonly ReadFile[]): void {
    const isUnknown = rule.object === ENVIRONMENT && !this.#environment.complete;
    const [only] = matched.length === 1 ? matched : [];
    this.#push({
      rule: rule.name,
      on: isUnknown ? 'warn' : rule.on,
      object: only?.object ?? rule.object,
      key: only?.key ?? (rule.object === ENVIRONMENT ? '' : rule.key),
      path: rule.setting ?? '',
      says: isUnknown ? 'may be missing: not all variables of the container are known here' : 'is missing',
    });
  }

  #find(
    { name, on }: { readonly name: string; readonly on: Consequence },
    file: ReadFile,
    path: Path,
    { says, uncertain }: Fault,
    setting?: Setting,
  ): void {
    const { object, key } = file;
    this.#push({ rule: name, object, key, path, says, on: uncertain ? 'warn' : on, file, setting });
  }

  #push(found: Found): void {
    const { rule, object, key, path, says, on } = found;
    const identity = JSON.stringify([rule, object, key, path, says, on]);
    if (!this.#found.has(identity)) this.#found.set(identity, found);
  }

  /** What was found, the gravest first: what blocks is never cut off. */
  findings(): readonly Finding[] {
    const ranked = [...this.#found.values()].toSorted((a, b) => RANKS.indexOf(a.on) - RANKS.indexOf(b.on));
    return ranked.slice(0, FINDINGS_LIMIT).map((found) => this.#shown(found));
  }

  #shown({ file, setting, path, says, ...rest }: Found): Finding {
    const shown = file && this.#shownOf(file);
    const value = setting && setting.value !== '' ? shown?.value(setting) : undefined;
    const words = value === undefined ? says : `${says} (it is ${excerpt(value)})`;
    return {
      ...rest,
      path: typeof path === 'string' ? path : (shown?.path(path) ?? ''),
      says: words.slice(0, SAYS_LIMIT).toWellFormed(),
    };
  }

  #shownOf(file: ReadFile): ShownFile {
    const known = this.#files.get(file) ?? shownFile(file, this.#masker);
    this.#files.set(file, known);
    return known;
  }
}

/** Why a text cannot be read, with the place. */
function wordsOf({ says, line, column }: Unread): string {
  if (line === undefined) return says;
  return `${says} (line ${line}${column === undefined ? '' : `, column ${column}`})`;
}
