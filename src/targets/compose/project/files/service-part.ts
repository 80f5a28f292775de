import { isMap, isScalar, type Node } from 'yaml';
import { type ComposeFile, resolved } from '../text/compose-file.ts';
import { contentStartOf, type Evaluation, evaluate, mergeMarkOf, stringPieces } from '../text/evaluate.ts';
import { entriesOf, type VisitBudget } from '../text/mapping-entries.ts';
import { type Piece, placeKey, type TextPlace } from '../text/piece.ts';
import { type Line, unsupported } from '../text/unsupported.ts';
import { isMapping, Marked, type Value } from '../text/value.ts';
import type { Scope } from '../text/variables.ts';
import { canonicalService } from './canonical-service.ts';
import type { Layer } from './layers.ts';

/** What names the image of a service. */
export interface ImageExpression {
  readonly at: Line;
  readonly pieces: readonly Piece[];
  readonly file: ComposeFile;
  /** Offset of the scalar in its file, by which it is found again after a change. */
  readonly offset: number;
  /** The scalar's text, and where just that stands. */
  readonly content: string;
  readonly contentStart?: number;
  /** Why it cannot be changed. */
  readonly problem?: string;
}

/** What one file says about a service, or what several do, merged. */
export interface ServicePart {
  /** Without image and extends; `build` is true where there is one. */
  readonly definition: Value;
  readonly image?: ImageExpression;
  /** Where the parts of the definition's strings stand, by {@link placeKey}. */
  readonly places: ReadonlyMap<string, TextPlace>;
}

/** One file's own part, and what it extends. */
export interface OwnPart extends ServicePart {
  readonly extends?: { readonly service: string; readonly file?: string; readonly at: Line };
}

/** By file: every service searches for what it extends. */
const nodesOf = new WeakMap<ComposeFile, ReadonlyMap<string, Node>>();

/** The nodes of the services of a file by name. */
export function serviceNodes(file: ComposeFile, budget: VisitBudget): ReadonlyMap<string, Node> {
  const known = nodesOf.get(file);
  if (known) return known;
  const found = findServices(file, budget);
  nodesOf.set(file, found);
  return found;
}

function findServices(file: ComposeFile, budget: VisitBudget): ReadonlyMap<string, Node> {
  const services = resolved(entriesOf(file.root, file, budget).get('services'), file);
  if (!services) return new Map();
  if (!isMap(services)) throw unsupported(file.lineOf(services), 'services must be a mapping');
  const found = new Map<string, Node>();
  for (const [name, value] of entriesOf(services, file, budget)) {
    const node = resolved(value, file);
    if (node) found.set(name, node);
  }
  return found;
}

/** Reads what a layer itself says about a service; undefined when it takes the service away (`!reset`). */
export function ownPart(name: string, node: Node, layer: Layer, budget: VisitBudget): OwnPart | undefined {
  const { file, scope, folder } = layer;
  const mark = mergeMarkOf(node);
  if (mark === 'reset') return undefined;
  if (!isMap(node)) throw unsupported(file.lineOf(node), `the service ${name} must be a mapping`);
  const places = new Map<string, TextPlace>();
  const note = (pieces: readonly Piece[]) => {
    for (const { place } of pieces) if (place) places.set(placeKey(place), place);
  };
  const noting: Evaluation = { file, scope, budget, note };
  const silent: Evaluation = { ...noting, note: () => {} };
  const members: Record<string, Value>[] = [];
  let image: ImageExpression | undefined;
  let base: OwnPart['extends'];
  for (const [key, value] of entriesOf(node, file, budget)) {
    if (key === 'image') image = imageExpression(value, file, scope);
    else if (key === 'extends')
      base = extension(evaluate(value, silent), file.lineOf(resolved(value, file) ?? node));
    else if (key === 'build') members.push({ build: buildMark(evaluate(value, silent)) });
    else members.push({ [key]: evaluate(value, noting) });
  }
  const own = Object.fromEntries(members.flatMap((member) => Object.entries(member)));
  for (const variable of passedThrough(own.environment)) note(scope.get(variable)?.pieces ?? []);
  const definition = canonicalService(own, folder, scope);
  return {
    definition: mark ? new Marked(mark, definition) : definition,
    places,
    ...(image && { image }),
    ...(base && { extends: base }),
  };
}

/** `environment: [NAME]` takes the value of the compose command. */
function passedThrough(environment: Value | undefined): readonly string[] {
  const value = environment instanceof Marked ? environment.value : environment;
  if (Array.isArray(value)) return value.filter((item) => typeof item === 'string' && !item.includes('='));
  if (!isMapping(value)) return [];
  return Object.keys(value).filter((name) => value[name] === null);
}

function imageExpression(value: unknown, file: ComposeFile, scope: Scope): ImageExpression | undefined {
  const node = resolved(value, file);
  if (!node) return undefined;
  const found = { at: file.lineOf(node), file, offset: node.range?.[0] ?? 0 };
  const refused = (problem: string) => ({ ...found, content: '', pieces: [], problem });
  if (node.tag?.startsWith('!')) return refused(`the image has the tag ${node.tag}; write it without`);
  if (!isScalar(node) || typeof node.value !== 'string') return refused('the image is not text; quote it');
  const content = node.value;
  const contentStart = contentStartOf(node, content, file.text);
  return {
    ...found,
    content,
    pieces: stringPieces(node, content, file, scope),
    ...(contentStart !== undefined && { contentStart }),
  };
}

function extension(value: Value, at: Line): OwnPart['extends'] {
  if (value === null) return undefined;
  if (typeof value === 'string') return { service: value, at };
  if (!isMapping(value) || typeof value.service !== 'string')
    throw unsupported(at, 'extends names no service');
  return { service: value.service, at, ...(typeof value.file === 'string' && { file: value.file }) };
}

/** What is built does not matter here, only whether. */
function buildMark(value: Value): Value {
  if (value instanceof Marked && value.mark === 'reset') return value;
  return value === null ? null : true;
}
