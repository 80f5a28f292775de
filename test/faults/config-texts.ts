import fc from 'fast-check';
import { stringify } from 'yaml';
import { anyJson, type Credential, credential, hostileText } from './inputs.ts';

/** A text of runbook.yaml and the secrets that somebody wrote into it. */
export interface ConfigText {
  readonly text: string;
  readonly planted: readonly string[];
}

type Tree = unknown;
type Path = readonly (string | number)[];

const reference = fc.constantFrom<Tree>(
  { env: 'ORCH_API_TOKEN' },
  { file: 'secrets/token' },
  { kubernetesSecret: { name: 'orchestrator-secrets', key: 'token' } },
);
const localReference = fc.constantFrom<Tree>({ env: 'ORCH_API_TOKEN' }, { file: './token' });
const policy = {
  needed: fc.integer({ min: 1, max: 3 }),
  every: fc.constantFrom('100ms', '2s'),
  within: fc.constantFrom('1m', '2m30s'),
  timeout: fc.constantFrom('500ms', '5s'),
};
const settings = (more: Readonly<Record<string, fc.Arbitrary<Tree>>>) =>
  fc.oneof(fc.constant(false), fc.record({ ...policy, ...more }, { requiredKeys: [] }));
const checks = fc.record(
  {
    health: settings({ path: fc.constant('/health'), provider: fc.constant('openrouter') }),
    chat: settings({ needed: fc.constant(1), acceptErrors: fc.constant(['execution_failed']) }),
    agents: settings({ expected: fc.constant(['llm_agent']), onMissing: fc.constantFrom('fail', 'ignore') }),
    metrics: settings({ port: fc.constant(9000), maxPlanFailureRatio: fc.constantFrom(0, 0.05, 1) }),
  },
  { requiredKeys: [] },
);

/** A profile that is right. */
function profile(target: fc.Arbitrary<Tree>, secret: fc.Arbitrary<Tree>): fc.Arbitrary<Record<string, Tree>> {
  const auth = fc.oneof(
    fc.constant({ mode: 'none' }),
    fc.record({ mode: fc.constant('bearer'), secret }),
    fc.record({ mode: fc.constant('jwt-hs256'), secret, ttl: fc.constant(60) }),
  );
  const notify = fc.oneof(
    fc.constant([]),
    fc.record({ url: secret }).map((slack) => [{ slack }]),
    fc
      .record({ url: secret, signingSecret: secret })
      .map((webhook) => [{ webhook }, { slack: { url: webhook.url } }]),
  );
  return target.chain((where) =>
    fc
      .record(
        { environment: fc.constantFrom('production', 'staging'), auth, checks, notify, endpoint: endpoints },
        { requiredKeys: ['endpoint'] },
      )
      .map((rest) => ({ ...(where as object), ...rest })),
  );
}

const endpoints = fc.constantFrom(
  'http://127.0.0.1:8181',
  'https://orchestrator.example/api/',
  'http://[::1]:1',
);
const deployment = fc.constant({
  kubernetes: { namespace: 'orchestrator', deployment: 'master-orchestrator' },
});
const project = fc.constant({ compose: { directory: '/srv/phoenix', service: 'master-orchestrator' } });
const rightConfig: fc.Arbitrary<Tree> = fc
  .dictionary(
    fc.constantFrom('orchestrator', 'spare', 'a-1'),
    fc.oneof(profile(deployment, reference), profile(project, localReference)),
    { minKeys: 1, maxKeys: 3 },
  )
  .map((services) => ({ records: './incidents', services: { ...services } }));

/** One change to a tree: at a place that is chosen by a number, as many as there are. */
interface Change {
  readonly at: number;
  readonly kind: 'replace' | 'remove' | 'rename' | 'add' | 'wrap' | 'plant' | 'plant key';
  readonly value: Tree;
  readonly key: string;
  readonly secret: Credential;
}

const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom('replace', 'remove', 'rename', 'add', 'wrap', 'plant', 'plant key'),
  value: fc.oneof(anyJson, fc.constantFrom<Tree>('10', '5 s', -1, 0, 1e9, '1h', 'yes', '', [], {}, null)),
  key: fc.oneof(hostileText, fc.constantFrom('tiemout', 'Endpoint', 'service', 'notfy', '0')),
  secret: credential,
});

function changed(tree: Tree, { at, kind, value, key, secret }: Change): Tree {
  const places = placesOf(tree, []);
  const path = places[at % places.length] ?? [];
  switch (kind) {
    case 'replace':
      return withAt(tree, path, () => value);
    case 'wrap':
      return withAt(tree, path, (old) => [old]);
    case 'plant':
      return withAt(tree, path, () => secret.text);
    case 'plant key':
      return withAt(tree, path, (old) => withEntry(old, secret.text, value));
    case 'add':
      return withAt(tree, path, (old) => withEntry(old, key, value));
    case 'rename':
      return withAt(tree, path, (old) => renamed(old, key));
    case 'remove':
      return withAt(tree, path, () => undefined);
  }
}

function placesOf(tree: Tree, path: Path): Path[] {
  if (typeof tree !== 'object' || tree === null) return [path];
  const inner = Object.entries(tree).flatMap(([key, value]) =>
    placesOf(value, [...path, Array.isArray(tree) ? Number(key) : key]),
  );
  return [path, ...inner];
}

function withAt(tree: Tree, path: Path, how: (old: Tree) => Tree): Tree {
  const [first, ...rest] = path;
  if (first === undefined) return how(tree);
  if (Array.isArray(tree))
    return tree.map((item, index) => (index === first ? withAt(item, rest, how) : item));
  const entries = Object.entries(tree as object).map(([key, value]) => [
    key,
    key === first ? withAt(value, rest, how) : value,
  ]);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

function withEntry(old: Tree, key: string, value: Tree): Tree {
  if (typeof old !== 'object' || old === null || Array.isArray(old)) return { [key]: value };
  return Object.fromEntries([...Object.entries(old), [key, value]]);
}

function renamed(old: Tree, key: string): Tree {
  if (typeof old !== 'object' || old === null || Array.isArray(old)) return old;
  const [first, ...rest] = Object.entries(old);
  return first ? Object.fromEntries([[key, first[1]], ...rest]) : old;
}

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

const written = (tree: Tree, style: number): string =>
  style === 0
    ? JSON.stringify(tree)
    : stringify(tree, { indent: style, ...(style === 4 ? { defaultStringType: 'QUOTE_DOUBLE' } : {}) });

/** Texts of a runbook.yaml: right, with wrong values and keys, with broken YAML, and of nothing but trouble. */
export const configTexts: fc.Arbitrary<ConfigText> = fc.oneof(
  { weight: 2, arbitrary: written1(rightConfig, 0, 0) },
  { weight: 10, arbitrary: written1(rightConfig, 1, 0) },
  { weight: 4, arbitrary: written1(rightConfig, 0, 1) },
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

function written1(
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
      text: cuts.reduce(spoiledText, written(changes.reduce(changed, tree) ?? null, style)),
      planted: changes.filter(({ kind }) => kind.startsWith('plant')).map(({ secret }) => secret.own),
    }));
}
