import { type Assignment, parseEnvFile } from './env-file.ts';
import { interpolate } from './interpolation.ts';
import { type Piece, textOfPieces } from './piece.ts';
import type { ReadText } from './project-options.ts';

/** A variable that is set, if only to the empty string. */
export interface Variable {
  readonly value: string;
  readonly pieces: readonly Piece[];
}

/** The variables that can be used in a compose file. */
export interface Scope {
  get(name: string): Variable | undefined;
}

/** What the compose command sees of its process. */
export function processScope(environment: Readonly<Record<string, string | undefined>>): Scope {
  const scope = new Map<string, Variable>();
  for (const [variable, value] of Object.entries(environment)) {
    if (value === undefined) continue;
    scope.set(variable, { value, pieces: [{ text: value, how: 'environment', variable }] });
  }
  return scope;
}

/**
 * Adds the variables of env files below those of a scope: what is set there wins. Of the files, and of the lines of
 * one file, the last wins.
 */
export function withEnvFiles(
  scope: Scope,
  files: readonly { readonly path: string; readonly text: string }[],
): Scope {
  const added = new Map<string, Variable>();
  const both: Scope = { get: (name) => scope.get(name) ?? added.get(name) };
  for (const { path, text } of files) {
    for (const assignment of parseEnvFile(path, text)) {
      const pieces = valuePieces(path, text, assignment, both);
      added.set(assignment.name, { value: textOfPieces(pieces), pieces });
    }
  }
  return both;
}

/** The variables of a Compose command with these env files, of which a missing one counts as empty. */
export async function variablesOf(
  paths: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  readText: ReadText,
): Promise<Scope> {
  const texts = await Promise.all(paths.map(async (path) => ({ path, text: (await readText(path)) ?? '' })));
  return withEnvFiles(processScope(environment), texts);
}

function valuePieces(
  path: string,
  text: string,
  { name, value, start, end, line, expands }: Assignment,
  scope: Scope,
): readonly Piece[] {
  const exact = text.slice(start, end) === value;
  if (value === '' || !expands) {
    const place = { path, start, end, line };
    return [{ text: value, how: 'variable', variable: name, ...(exact && { place }) }];
  }
  const at = { path, line };
  return interpolate({ content: value, at, how: 'variable', variable: name, ...(exact && { start }) }, scope);
}
