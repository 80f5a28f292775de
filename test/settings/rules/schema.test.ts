import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { criticalSchema, DEFAULT_RULES } from '../../../src/settings/rules/schema.ts';

describe('config.critical', () => {
  it('is not needed', () => {
    expect(criticalSchema.parse(undefined)).toEqual({
      defaults: Object.fromEntries(DEFAULT_RULES.map((name) => [name, 'block'])),
      rules: [],
    });
  });

  it('has rules that block unless they say otherwise', () => {
    const { rules } = criticalSchema.parse({ rules: [{ name: 'pool', setting: 'redis.pool_size' }] });
    expect(rules).toEqual([
      { name: 'pool', object: '*', key: '*', setting: 'redis.pool_size', optional: false, on: 'block' },
    ]);
  });

  it.each<[string, unknown, string, string]>([
    [
      'a default rule that there is not',
      { defaults: { 'llm-providers': 'off' } },
      'defaults',
      'did you mean llm-provider?',
    ],
    [
      'a consequence that there is not',
      { defaults: { 'llm-provider': 'on' } },
      'defaults.llm-provider',
      'expected block, warn, ask or off',
    ],
    ['a rule without a name', { rules: [{ setting: 'a' }] }, 'rules.0.name', 'expected string'],
    ['a name that is none', { rules: [{ name: 'A b' }] }, 'rules.0.name', 'lower case letters'],
    ['a name twice', { rules: [{ name: 'a' }, { name: 'a' }] }, 'rules.1.name', 'give it one of its own'],
    [
      'the name of a default rule',
      { rules: [{ name: 'llm-provider' }] },
      'rules.0.name',
      'give it one of its own',
    ],
    [
      'a key that there is not',
      { rules: [{ name: 'a', settings: 'a' }] },
      'rules.0',
      'did you mean setting?',
    ],
    [
      'a setting that is no path',
      { rules: [{ name: 'a', setting: 'a..b' }] },
      'rules.0.setting',
      'such as agents.*.timeout_secs',
    ],
    ['an empty object', { rules: [{ name: 'a', object: '' }] }, 'rules.0.object', '* is any'],
    ['no value', { rules: [{ name: 'a', oneOf: [] }] }, 'rules.0.oneOf', '1'],
    [
      'a value that is a list',
      { rules: [{ name: 'a', oneOf: [[]] }] },
      'rules.0.oneOf.0',
      'expected a text, a number',
    ],
    [
      'an expression that is none',
      { rules: [{ name: 'a', matches: '(' }] },
      'rules.0.matches',
      'expected a regular expression',
    ],
    [
      'a number without bounds',
      { rules: [{ name: 'a', number: {} }] },
      'rules.0.number',
      'expected least, most or both',
    ],
    [
      'a bound that is none',
      { rules: [{ name: 'a', number: { least: '5 s' } }] },
      'rules.0.number.least',
      'such as 500ms',
    ],
    [
      'bounds of two sorts',
      { rules: [{ name: 'a', number: { least: 1, most: '5s' } }] },
      'rules.0.number.most',
      'two numbers or two durations',
    ],
    [
      'bounds the wrong way round',
      { rules: [{ name: 'a', number: { least: '1m', most: '5s' } }] },
      'rules.0.number.most',
      'not under least',
    ],
    [
      'a unit of plain numbers',
      { rules: [{ name: 'a', number: { least: 1, unit: 's' } }] },
      'rules.0.number.unit',
      'write least and most as 5s',
    ],
    [
      'a section without a value',
      { rules: [{ name: 'a', names: { section: 'llm' } }] },
      'rules.0.names.section',
      'with {value}',
    ],
    [
      'a value for a part of a key',
      { rules: [{ name: 'a', names: { section: 'llm_{value}' } }] },
      'rules.0.names.section',
      'one of its keys',
    ],
    [
      'a filling that there is not',
      { rules: [{ name: 'a', filled: true }] },
      'rules.0.filled',
      'expected as-written or from-environment',
    ],
    [
      'a consequence of a rule that there is not',
      { rules: [{ name: 'a', on: 'off' }] },
      'rules.0.on',
      'expected block, warn or ask',
    ],
  ])('refuses %s, with the place and the remedy', (_, value, place, remedy) => {
    const { error } = criticalSchema.safeParse(value);
    const told = error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('\n');
    expect(told).toContain(`${place}: `);
    expect(told).toContain(remedy);
  });

  it('says of every key what it means, in a form that editors know', () => {
    const schema = z.toJSONSchema(criticalSchema, { io: 'input', target: 'draft-7' });
    const silent = (value: unknown, path: string): readonly string[] => {
      if (typeof value !== 'object' || value === null) return [];
      const { properties = {} } = value as { properties?: Record<string, { description?: string }> };
      const here = Object.entries(properties).filter(([, inner]) => !inner.description);
      return [
        ...here.map(([key]) => `${path}.${key}`),
        ...Object.entries(value).flatMap(([key, inner]) => silent(inner, `${path}.${key}`)),
      ];
    };
    expect(silent(schema, '')).toEqual([]);
    expect(JSON.stringify(schema)).toContain('llm-provider');
  });
});
