import * as z from 'zod';
import { CONSEQUENCES } from '../../domain/versions/findings.ts';
import { DURATION, durationMs } from '../../schema-parts/durations.ts';
import { section } from '../../schema-parts/parts.ts';
import type { SettingsFrom } from '../../schema-parts/settings.ts';
import { parsePattern } from '../path.ts';

/** The rules that hold without being written, for what they are about: the master orchestrator's config. */
export const DEFAULT_RULES = [
  'config-readable',
  'llm-provider',
  'agents-complete',
  'agents-within-bounds',
  'no-placeholders',
] as const;
export type DefaultRule = (typeof DEFAULT_RULES)[number];

/** In a rule's `section`: the value of the setting. */
export const VALUE = '{value}';

const glob = () => z.string().min(1, 'must not be empty: * is any').max(300);

const pattern = () =>
  z
    .string()
    .max(300)
    .refine((text) => parsePattern(text) !== undefined, {
      error: 'expected the path of a setting such as agents.*.timeout_secs, servers[*].port or **.timeout',
    });

const sectionPattern = () =>
  z
    .string()
    .max(300)
    .refine((text) => text.includes(VALUE) && parsePattern(text.replaceAll(VALUE, '"value"')) !== undefined, {
      error: `expected the path of a section with ${VALUE} for one of its keys, such as llm.${VALUE}`,
    });

const consequence = () => z.enum(CONSEQUENCES, { error: 'expected block, warn or ask' });

const BOUND = 'expected a number, or a duration such as 500ms, 10s or 2m';
const bound = () => z.union([z.number(), z.string().regex(DURATION, BOUND)], { error: BOUND });

const numberSchema = section({
  least: bound().describe('Not less than this: a number or a duration.').exactOptional(),
  most: bound().describe('Not more than this: a number or a duration.').exactOptional(),
  unit: z
    .enum(['ms', 's', 'm', 'h'], { error: 'expected ms, s, m or h' })
    .describe(
      'With durations: what a plain number counts. Default: as the name of the setting ends (_secs, _ms).',
    )
    .exactOptional(),
}).superRefine(({ least, most, unit }, context) => {
  const fault = (message: string, ...path: string[]) => context.addIssue({ code: 'custom', message, path });
  if (least === undefined && most === undefined) return fault('expected least, most or both');
  if (least !== undefined && most !== undefined && typeof least !== typeof most) {
    return fault('expected two numbers or two durations', 'most');
  }
  if (unit !== undefined && typeof (least ?? most) === 'number') {
    return fault('only with durations: write least and most as 5s, 2m', 'unit');
  }
  if (measured(least, -Infinity) > measured(most, Infinity)) fault('expected not under least', 'most');
});

function measured(value: number | string | undefined, without: number): number {
  return typeof value === 'string' ? durationMs(value) : (value ?? without);
}

const namesSchema = section({
  section: sectionPattern().describe(
    `The section that has to be there, in the same file; ${VALUE} is the value: llm.{value}.`,
  ),
  having: z
    .array(pattern())
    .max(20)
    .default([])
    .describe('Settings of that section that have to be there and filled in.'),
});

const ruleSchema = section({
  name: z
    .string()
    .regex(/^[a-z0-9]([a-z0-9-]{0,58}[a-z0-9])?$/, 'expected lower case letters, digits and -')
    .describe('Name of the rule in plans, messages and records.'),
  object: glob()
    .default('*')
    .describe(
      'Where: configmap/<name>, secret/<name>, file, or environment for the variables of the container; * is any characters.',
    ),
  key: glob().default('*').describe('Which key of the object, or path of the file; * is any characters.'),
  setting: pattern()
    .describe(
      'Which setting, by its path: agents.*.timeout_secs, servers[*].port, **.timeout. Without it the key as a whole.',
    )
    .exactOptional(),
  optional: z
    .boolean()
    .default(false)
    .describe('Whether it may be missing. Else a missing setting breaks the rule.'),
  oneOf: z
    .array(
      z.union([z.string(), z.number(), z.boolean()], { error: 'expected a text, a number, true or false' }),
    )
    .min(1)
    .max(100)
    .describe('The value is one of these.')
    .exactOptional(),
  matches: z
    .string()
    .min(1)
    .max(500)
    .refine(isExpression, { error: 'expected a regular expression, such as [a-z]+/[a-z0-9.-]+' })
    .describe('The whole value matches this regular expression.')
    .exactOptional(),
  number: numberSchema.describe('The value is a number or a duration within bounds.').exactOptional(),
  filled: z
    .enum(['as-written', 'from-environment'], { error: 'expected as-written or from-environment' })
    .describe(
      'The value is neither empty nor a placeholder: replace_me, changeme, <…>, {{…}} and the like. from-environment: the program fills {{NAME}} and $' +
        '{NAME} when it starts, and the container has the variable.',
    )
    .exactOptional(),
  names: namesSchema.describe('The value is the name of a section.').exactOptional(),
  variable: z
    .literal(true, { error: 'expected true' })
    .describe(
      'The value is the name of a variable that the container has, with a value that is no placeholder.',
    )
    .exactOptional(),
  on: consequence()
    .default('block')
    .describe(
      'What follows when it is broken: block (nothing is changed), ask (somebody decides), warn (it is told).',
    ),
});

function isExpression(text: string): boolean {
  try {
    new RegExp(text, 'u');
    return true;
  } catch {
    return false;
  }
}

const defaultConsequence = () =>
  z.enum([...CONSEQUENCES, 'off'], { error: 'expected block, warn, ask or off' }).default('block');

const defaultRules = {
  'config-readable': defaultConsequence().describe(
    "The orchestrator's config.toml and its overlay can be read; of other files it is told at most.",
  ),
  'llm-provider': defaultConsequence().describe(
    'llm.default_provider names a provider that has its section, with a model and a key.',
  ),
  'agents-complete': defaultConsequence().describe(
    'Every section of [agents] has its time-out, retry and circuit_breaker, and there is one for default.',
  ),
  'agents-within-bounds': defaultConsequence().describe(
    'Time-outs, retries and circuit breakers of [agents.*] are within bounds (service contract, 7.5).',
  ),
  'no-placeholders': defaultConsequence().describe(
    'Nothing that is used waits to be filled in (service contract, 7.2).',
  ),
} satisfies Record<DefaultRule, z.ZodType>;

/** What has to hold for the config that a rollback brings: `config.critical` of a profile. */
export const criticalSchema = section({
  orchestrator: z
    .boolean()
    .describe(
      'Whether the service is the master orchestrator, for which its own rules (defaults) hold. Default: whether its chat or agents check is on.',
    )
    .exactOptional(),
  defaults: section(defaultRules)
    .prefault({})
    .describe("What follows when one of the orchestrator's own rules is broken; off: it is not judged."),
  rules: z.array(ruleSchema).max(100).default([]).describe('Rules of your own.'),
})
  .superRefine(({ rules }, context) => {
    const seen = new Set<string>(DEFAULT_RULES);
    for (const [index, { name }] of rules.entries()) {
      if (seen.has(name)) {
        context.addIssue({
          code: 'custom',
          path: ['rules', index, 'name'],
          message: 'the same name as another rule: give it one of its own',
        });
      }
      seen.add(name);
    }
  })
  .prefault({});

export type CriticalRules = SettingsFrom<typeof criticalSchema>;
export type SettingRule = CriticalRules['rules'][number];
