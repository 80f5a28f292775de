import { isAlias, isMap, isNode, isScalar, isSeq, type Node, type Pair, type YAMLMap } from 'yaml';
import { type ComposeFile, resolved } from './compose-file.ts';
import { unsupported } from './unsupported.ts';

/** Merges within merges. */
const DEPTH_LIMIT = 50;
/** Nodes that are visited while one project is read; Compose itself has a third of it for one document. */
const VISIT_LIMIT = 300_000;

/** Counts the work, so that a small file of aliases to aliases ends in a message and not in a full memory. */
export class VisitBudget {
  #left: number;

  constructor(limit = VISIT_LIMIT) {
    this.#left = limit;
  }

  /** @throws RunbookError ComposeFileUnsupported when the file is too much. */
  spend(file: ComposeFile, node: Node, visits = 1): void {
    this.#left -= visits;
    if (this.#left < 0) throw unsupported(file.lineOf(node), 'too many nodes and aliases to read');
  }
}

/**
 * The entries of a mapping with its merges (`<<`) resolved: own keys win over merged ones, of several merged mappings
 * the first wins (yaml.org/type/merge). A value is an alias, a node, or null.
 */
export function entriesOf(
  map: YAMLMap,
  file: ComposeFile,
  budget: VisitBudget,
): ReadonlyMap<string, unknown> {
  return merged(map, file, budget, 0);
}

function merged(map: YAMLMap, file: ComposeFile, budget: VisitBudget, depth: number): Map<string, unknown> {
  if (depth > DEPTH_LIMIT)
    throw unsupported(file.lineOf(map), 'merges (<<) are nested too deeply, or in a circle');
  const own = new Map<string, unknown>();
  const inherited: YAMLMap[] = [];
  budget.spend(file, map, map.items.length);
  for (const pair of map.items) {
    if (isMerge(pair)) inherited.push(...mergedMappings(pair, file, map));
    else own.set(keyOf(pair, file, map), pair.value);
  }
  for (const base of inherited) {
    for (const [key, value] of merged(base, file, budget, depth + 1)) {
      if (!own.has(key)) own.set(key, value);
    }
  }
  return own;
}

/** A quoted `"<<"` is a key like any other. */
function isMerge({ key }: Pair): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN';
}

function mergedMappings({ value }: Pair, file: ComposeFile, map: YAMLMap): readonly YAMLMap[] {
  const node = resolved(value, file);
  const items = isSeq(node) ? node.items.map((item) => resolved(item, file)) : [node];
  return items.map((item) => {
    if (isMap(item)) return item;
    throw unsupported(file.lineOf(item ?? map), '<< takes a mapping or a list of mappings');
  });
}

function keyOf({ key }: Pair, file: ComposeFile, map: YAMLMap): string {
  const node = isNode(key) && isAlias(key) ? resolved(key, file) : key;
  if (isScalar(node)) return String(node.value);
  throw unsupported(file.lineOf(isNode(node) ? node : map), 'a key must be a plain word');
}
