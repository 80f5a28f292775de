import { isMap, isScalar, isSeq, type Node, type Scalar } from 'yaml';
import { type ComposeFile, resolved } from './compose-file.ts';
import { interpolate, type Template } from './interpolation.ts';
import { entriesOf, type VisitBudget } from './mapping-entries.ts';
import { type Piece, textOfPieces } from './piece.ts';
import { unsupported } from './unsupported.ts';
import { Marked, type Value } from './value.ts';
import type { Scope } from './variables.ts';

/** What is needed to resolve a node, and where the parts that it is made of are noted. */
export interface Evaluation {
  readonly file: ComposeFile;
  /** Without it variables stay as they are written. */
  readonly scope?: Scope;
  readonly budget: VisitBudget;
  /** Called with the parts of every string. */
  note(pieces: readonly Piece[]): void;
}

const DEPTH_LIMIT = 100;
/** As many characters count as one node more, so that a long variable in many places ends too. */
const CHARACTERS_A_VISIT = 64;

/** The value of a node with aliases, merges and variables resolved. */
export function evaluate(node: unknown, evaluation: Evaluation, depth = 0): Value {
  const { file, budget } = evaluation;
  const found = resolved(node, file);
  if (!found) return null;
  budget.spend(file, found);
  if (depth > DEPTH_LIMIT) throw unsupported(file.lineOf(found), 'nested too deeply, or an alias to itself');
  const mark = mergeMarkOf(found);
  if (mark === 'reset') return new Marked(mark, null);
  const value = bareValue(found, evaluation, depth + 1);
  return mark ? new Marked(mark, value) : value;
}

/** Compose's own tags; every other tag says nothing here. */
export function mergeMarkOf({ tag }: Node): Marked['mark'] | undefined {
  if (tag === '!reset') return 'reset';
  return tag === '!override' ? 'override' : undefined;
}

function bareValue(node: Node, evaluation: Evaluation, depth: number): Value {
  if (isMap(node)) {
    const entries = entriesOf(node, evaluation.file, evaluation.budget);
    return Object.fromEntries(
      [...entries].map(([key, value]) => [key, evaluate(value, evaluation, depth)] as const),
    );
  }
  if (isSeq(node)) return node.items.map((item) => evaluate(item, evaluation, depth));
  if (!isScalar(node)) return null;
  const { value } = node;
  if (typeof value === 'string') {
    const { scope } = evaluation;
    if (!scope) return value;
    const pieces = stringPieces(node, value, evaluation.file, scope);
    evaluation.note(pieces);
    const text = textOfPieces(pieces);
    evaluation.budget.spend(evaluation.file, node, Math.floor(text.length / CHARACTERS_A_VISIT));
    return text;
  }
  return typeof value === 'number' || typeof value === 'boolean' ? value : String(value);
}

/** The parts of a string scalar. */
export function stringPieces(
  node: Scalar,
  content: string,
  file: ComposeFile,
  scope: Scope,
): readonly Piece[] {
  const start = contentStartOf(node, content, file.text);
  const template: Template = {
    content,
    at: start === undefined ? file.lineOf(node) : { path: file.path, line: file.lineAt(start) },
    how: 'literal',
    ...(start !== undefined && { start }),
  };
  return interpolate(template, scope);
}

/** Where the characters of the content stand as they are: not with escapes, nor over several lines. */
export function contentStartOf({ range }: Scalar, content: string, text: string): number | undefined {
  if (!range || content === '') return undefined;
  const source = text.slice(range[0], range[1]);
  const at = source.indexOf(content);
  return at === -1 || source.indexOf(content, at + 1) !== -1 ? undefined : range[0] + at;
}
