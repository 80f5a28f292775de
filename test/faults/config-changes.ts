import fc from 'fast-check';
import { anyJson, type Credential, credential, hostileText } from './inputs.ts';

type Tree = unknown;
type Path = readonly (string | number)[];

/** One change to a tree: at a place that is chosen by a number, as many as there are. */
export interface Change {
  readonly at: number;
  readonly kind: 'replace' | 'remove' | 'rename' | 'add' | 'wrap' | 'plant' | 'plant key';
  readonly value: Tree;
  readonly key: string;
  readonly secret: Credential;
}

/** Changes of every kind. */
export const change: fc.Arbitrary<Change> = fc.record({
  at: fc.nat(),
  kind: fc.constantFrom('replace', 'remove', 'rename', 'add', 'wrap', 'plant', 'plant key'),
  value: fc.oneof(anyJson, fc.constantFrom<Tree>('10', '5 s', -1, 0, 1e9, '1h', 'yes', '', [], {}, null)),
  key: fc.oneof(hostileText, fc.constantFrom('tiemout', 'Endpoint', 'service', 'notfy', '0')),
  secret: credential,
});

/** The tree after a change. The first tree stays as it is. */
export function changed(tree: Tree, { at, kind, value, key, secret }: Change): Tree {
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
