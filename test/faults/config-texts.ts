import fc from 'fast-check';
import { stringify } from 'yaml';
import { change, changed } from './config-changes.ts';
import { hostileText } from './inputs.ts';
import { rightConfig } from './right-config.ts';

/** A text of runbook.yaml and the secrets that somebody wrote into it. */
export interface ConfigText {
  readonly text: string;
  readonly planted: readonly string[];
}

type Tree = unknown;

/** YAML that means something else than it seems to, is not YAML, or grows when it is read. */
const SNIPPETS = [
  ...[
    '&a [*a]',
    'x: &x { y: *x }',
    '<<: *none',
    '<<: [1, 2]',
    '*',
    '&',
    '? [a, b]\n: 1',
    '? {a: 1}',
    '? ',
    ': ',
    '- ',
  ],
  ...[
    '!!binary aGk=',
    '!!set {a, b}',
    '!!omap [a: 1]',
    '!!timestamp 2001-01-01',
    '!!js/function "x"',
    '!<tag:x> 1',
  ],
  ...[
    '%YAML 9.9\n---\n',
    '---\n',
    '...\n',
    '\t',
    '|',
    '>-\n',
    '"',
    "'",
    '{',
    '[',
    '}',
    ']',
    '#',
    '@',
    '`',
    '\0',
  ],
  ...[
    'services: {}\n',
    'services: {}\nservices: {}\n',
    '1: a\n"1": b\n',
    '__proto__: { services: {} }\n',
    'no: yes\n',
  ],
  ...[
    '12:30:45',
    '0o14',
    '.inf',
    '.nan',
    '1e3',
    'y',
    '~',
    '\ufeff',
    '\u2028',
    '\ud800',
    '"\\ud800"',
    '"\\0"',
  ],
];

/** A bomb of aliases: 9 to the power of `levels`. */
function bomb(levels: number): string {
  const lines = Array.from({ length: levels }, (_, level) => {
    const items = Array.from({ length: 9 }, () => (level === 0 ? 'x' : `*l${level - 1}`));
    return `l${level}: &l${level} [${items.join(',')}]`;
  });
  return `${lines.join('\n')}\nservices: *l${levels - 1}\n`;
}

const grown: fc.Arbitrary<string> = fc.oneof(
  fc.integer({ min: 2, max: 12 }).map(bomb),
  fc
    .tuple(
      fc.constantFrom('[', '{a: ', '- ', '? ', '{', '}', ',', '"', '&a ', '!a ', '*a ', ': ', '- \n', '\t'),
      fc.nat(3000),
    )
    .map(([open, times]) => `services: ${open.repeat(times)}`),
  fc.nat(3000).map((count) => Array.from({ length: count }, (_, index) => `k${index}: 1\n`).join('')),
  fc
    .nat(2000)
    .map(
      (count) => `services:\n${Array.from({ length: count }, (_, index) => `  k${index}: {}\n`).join('')}`,
    ),
  fc.constantFrom('x'.repeat(200_000), `services: ${'y'.repeat(130_000)}`, `${'k'.repeat(2000)}: 1`),
);

const cut: fc.Arbitrary<{ at: number; drop: number; snippet: string }> = fc.record({
  at: fc.nat(),
  drop: fc.constantFrom(0, 0, 1, 7),
  snippet: fc.oneof(fc.constantFrom(...SNIPPETS), hostileText),
});

function spoiledText(
  text: string,
  { at, drop, snippet }: { at: number; drop: number; snippet: string },
): string {
  const place = at % (text.length + 1);
  return text.slice(0, place) + snippet + text.slice(place + drop);
}

const serialised = (tree: Tree, style: number): string =>
  style === 0
    ? JSON.stringify(tree)
    : stringify(tree, { indent: style, ...(style === 4 ? { defaultStringType: 'QUOTE_DOUBLE' } : {}) });

/** Texts of a runbook.yaml: right, with wrong values and keys, with broken YAML, and of nothing but trouble. */
export const configTexts: fc.Arbitrary<ConfigText> = fc.oneof(
  { weight: 2, arbitrary: textsOf(rightConfig, 0, 0) },
  { weight: 10, arbitrary: textsOf(rightConfig, 1, 0) },
  { weight: 4, arbitrary: textsOf(rightConfig, 0, 1) },
  {
    weight: 1,
    arbitrary: fc.tuple(grown, hostileText).map(([text, more]) => ({ text: text + more, planted: [] })),
  },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.constantFrom(...SNIPPETS))
      .map((parts) => ({ text: parts.join(' '), planted: [] })),
  },
);

function textsOf(
  trees: fc.Arbitrary<Tree>,
  leastChanges: number,
  leastCuts: number,
): fc.Arbitrary<ConfigText> {
  return fc
    .record({
      tree: trees,
      changes: fc.array(change, { minLength: leastChanges, maxLength: leastChanges * 4 }),
      cuts: fc.array(cut, { minLength: leastCuts, maxLength: leastCuts * 3 }),
      style: fc.constantFrom(0, 2, 4),
    })
    .map(({ tree, changes, cuts, style }) => ({
      text: cuts.reduce(spoiledText, serialised(changes.reduce(changed, tree) ?? null, style)),
      planted: changes.filter(({ kind }) => kind.startsWith('plant')).map(({ secret }) => secret.own),
    }));
}
