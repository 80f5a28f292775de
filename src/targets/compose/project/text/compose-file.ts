import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  type Node,
  parseDocument,
  visit,
  type YAMLError,
  YAMLMap,
} from 'yaml';
import { lineNumbers } from './lines.ts';
import { type Line, unsupported } from './unsupported.ts';

/** One compose file, parsed. Offsets of its nodes are offsets in `text`. */
export interface ComposeFile {
  readonly path: string;
  readonly text: string;
  readonly root: YAMLMap;
  /** What an alias stands for. */
  target(alias: Alias): Node;
  lineOf(node: Node): Line;
  /** 1-based. */
  lineAt(offset: number): number;
}

/** What is wrong with a text, without repeating any of it: it may hold secrets. */
const PROBLEMS: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'the same key stands here twice; remove one',
  MULTIPLE_DOCS: 'several YAML documents in one file are not supported; keep one document a file',
  TAB_AS_INDENT: 'a tab is used as indentation, which YAML does not allow',
  MISSING_CHAR: 'no valid YAML: a quote, bracket or comma is missing',
  BAD_INDENT: 'no valid YAML: the indentation is wrong',
  RESOURCE_EXHAUSTION: 'nested too deeply',
};

/**
 * Reads a compose file. Unknown tags (`!reset`, `!override`) are no error.
 * @throws RunbookError ComposeFileUnsupported with line and column.
 */
export function parseComposeFile(path: string, text: string): ComposeFile {
  // Not 'silent': that would hide that there is a second document. Warnings are not printed either way.
  const document = parseDocument(text, { prettyErrors: false, logLevel: 'error' });
  const [error] = document.errors;
  if (error) throw refusal(path, text, error);
  const lineAt = lineNumbers(text);
  // Compose takes a file of comments alone for one that adds nothing.
  const root = document.contents ?? new YAMLMap();
  if (!isMap(root)) throw unsupported(path, 'not a compose file: it must be a mapping with services');
  const lineOf = (node: Node) => ({ path, line: lineAt(node.range?.[0] ?? 0) });
  const targets = aliasTargets(document, lineOf);
  return {
    path,
    text,
    root,
    target: (alias) => targets.get(alias) as Node,
    lineOf,
    lineAt,
  };
}

/** Follows aliases to what they stand for; an empty value is undefined. */
export function resolved(value: unknown, file: ComposeFile): Node | undefined {
  let node = value;
  while (isAlias(node)) node = file.target(node);
  if (!isNode(node) || (isScalar(node) && node.value === null && node.tag === undefined)) return undefined;
  return node;
}

/** All at once: `alias.resolve` walks the whole document each time. An anchor may be set again further down. */
function aliasTargets(document: Document, lineOf: (node: Node) => Line): ReadonlyMap<Alias, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Alias, Node>();
  visit(document, {
    Node(_key, node) {
      if (!isAlias(node)) {
        if (node.anchor) anchors.set(node.anchor, node);
        return;
      }
      const target = anchors.get(node.source);
      if (!target) throw unsupported(lineOf(node), `*${node.source} has no anchor before it`);
      targets.set(node, target);
    },
  });
  return targets;
}

function refusal(path: string, text: string, { code, pos }: YAMLError): Error {
  const [offset] = pos;
  const line = lineNumbers(text)(offset);
  const column = offset - (text.lastIndexOf('\n', offset - 1) + 1) + 1;
  return unsupported(`${path} line ${line} column ${column}`, PROBLEMS[code] ?? `no valid YAML (${code})`);
}
