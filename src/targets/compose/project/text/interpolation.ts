import type { Piece, TextPlace } from './piece.ts';
import { type Line, unsupported } from './unsupported.ts';
import type { Scope } from './variables.ts';

/** A string with variables in it, and where it is from. */
export interface Template {
  readonly content: string;
  /** Where the content's first character stands; undefined when content and file differ (escapes, folded lines). */
  readonly start?: number;
  readonly at: Line;
  /** What the literal parts of it are. */
  readonly how: 'literal' | 'variable';
  /** Of `variable`: whose value this is. */
  readonly variable?: string;
}

/**
 * compose-go, template.go: a `$` that begins none of these stays as it is. The braces of `${…}` are matched by hand,
 * because defaults nest.
 */
const MARK = /\$(?:(\$)|([_a-z][_a-z0-9]*)|\{)/gi;
const BRACED = /^([_a-z][_a-z0-9]*)(?:(:?[-+?])(.*))?$/is;
/** Variables within defaults within defaults. */
const DEPTH_LIMIT = 20;
/** Parts and characters of one string: variables of variables can double it with every line. */
const SIZE_LIMIT = 1024 * 1024;

/**
 * Resolves variables as Compose does (compose-spec, 12-interpolation.md).
 * @throws RunbookError ComposeFileUnsupported for a required variable that is not set, and for `${` without end.
 */
export function interpolate(template: Template, scope: Scope): readonly Piece[] {
  return new Interpolation(template, scope).pieces(0, template.content.length, template.how, undefined, 0);
}

class Interpolation {
  readonly #template: Template;
  readonly #scope: Scope;
  #size = 0;

  constructor(template: Template, scope: Scope) {
    this.#template = template;
    this.#scope = scope;
  }

  /** @param variable whose default the text is. */
  pieces(
    from: number,
    to: number,
    how: Piece['how'],
    variable: string | undefined,
    depth: number,
  ): readonly Piece[] {
    if (depth > DEPTH_LIMIT) throw this.#refuse('variables are nested too deeply');
    const { content } = this.#template;
    const found: Piece[] = [];
    const add = (pieces: readonly Piece[]) => {
      for (const piece of pieces) {
        this.#size += piece.text.length + 1;
        if (this.#size > SIZE_LIMIT) throw this.#refuse('the variables in it make it too long');
        found.push(piece);
      }
    };
    const literal = (start: number, end: number) => {
      if (end > start) add([this.#literal(start, end, how, variable)]);
    };
    let done = from;
    for (const mark of content.slice(from, to).matchAll(MARK)) {
      const start = from + mark.index;
      // Inside of braces that are done.
      if (start < done) continue;
      literal(done, start);
      const [whole, escaped, name] = mark;
      done = start + whole.length;
      if (escaped) add([{ text: '$', how: 'literal' }]);
      else if (name) add(this.#value(name));
      else {
        const end = closingBrace(content, start + 1, to);
        if (end === undefined) throw this.#refuse('a variable has no closing brace');
        add(this.#braced(start + 2, end, depth));
        done = end + 1;
      }
    }
    literal(done, to);
    return found;
  }

  #braced(from: number, to: number, depth: number): readonly Piece[] {
    const match = BRACED.exec(this.#template.content.slice(from, to));
    const [, name, operator, argument = ''] = match ?? [];
    if (!name) throw this.#refuse('a variable in braces has no name, or a wrong one');
    if (!operator) return this.#value(name);
    const variable = this.#scope.get(name);
    const present = variable !== undefined && (variable.value !== '' || !operator.startsWith(':'));
    const resolveArgument = () => this.pieces(to - argument.length, to, 'default', name, depth + 1);
    switch (operator.at(-1)) {
      case '-':
        return present ? variable.pieces : resolveArgument();
      case '+':
        return present ? resolveArgument() : this.#value(name);
      default:
        if (present) return variable.pieces;
        throw this.#refuse(`the variable ${name} is required and not set; set it in .env`);
    }
  }

  #value(name: string): readonly Piece[] {
    return this.#scope.get(name)?.pieces ?? [{ text: '', how: 'unset', variable: name }];
  }

  #literal(from: number, to: number, how: Piece['how'], defaultOf: string | undefined): Piece {
    const { content, start, at } = this.#template;
    const variable = defaultOf ?? this.#template.variable;
    const place: TextPlace | undefined =
      start === undefined ? undefined : { ...at, start: start + from, end: start + to };
    return {
      text: content.slice(from, to),
      how,
      ...(variable !== undefined && { variable }),
      ...(place && { place }),
    };
  }

  #refuse(problem: string): Error {
    return unsupported(this.#template.at, problem);
  }
}

/** @param open offset of the opening brace. */
function closingBrace(content: string, open: number, limit: number): number | undefined {
  let depth = 0;
  for (let at = open; at < limit; at++) {
    if (content[at] === '{') depth++;
    if (content[at] === '}' && --depth === 0) return at;
  }
  return undefined;
}
