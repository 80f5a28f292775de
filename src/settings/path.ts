import { matchesGlob } from './glob.ts';

/** Where a setting stands in its file: keys, and numbers of list items from 0. */
export type Path = readonly (string | number)[];

const BARE = /^[A-Za-z0-9_-]+$/;

/** `agents.llm_router_agent.timeout_secs`, `servers[0].port`; a key with other signs is quoted: `labels."app.kubernetes.io/name"`. */
export function pathText(path: Path): string {
  return path
    .map((part, index) => {
      if (typeof part === 'number') return `[${part}]`;
      return `${index === 0 ? '' : '.'}${BARE.test(part) ? part : JSON.stringify(part)}`;
    })
    .join('');
}

/** One part of a pattern: a key or an item by a glob, exactly one text, or any number of parts. */
type PatternPart = { readonly glob: string } | { readonly exactly: string } | 'any-depth';

/** Which settings a rule is about. */
export type PathPattern = readonly PatternPart[];

/** A quoted key, an index, or a key with `*` for any characters. */
const PART = /"((?:[^"\\]|\\["\\])*)"|\[(\d+|\*)\]|([A-Za-z0-9_*-]+)/y;

/**
 * A pattern of paths: `agents.*.timeout_secs`, `servers[*].port`, `**.timeout`. `*` is any characters of one key, or any
 * item of a list; `**` is any number of keys. Nothing for a text that is none.
 */
export function parsePattern(text: string): PathPattern | undefined {
  const parts: PatternPart[] = [];
  let at = 0;
  while (at < text.length) {
    if (parts.length > 0 && text[at] === '.') at += 1;
    else if (parts.length > 0 && text[at] !== '[') return undefined;
    PART.lastIndex = at;
    const [whole, quoted, index, key] = PART.exec(text) ?? [];
    if (whole === undefined) return undefined;
    at += whole.length;
    if (quoted !== undefined) parts.push({ exactly: quoted.replaceAll(/\\(["\\])/g, '$1') });
    else parts.push(key === '**' ? 'any-depth' : { glob: index ?? key ?? '' });
  }
  return parts;
}

/** Whether a path is one of a pattern. Its time grows with the length of both, and no faster. */
export function matchesPath(pattern: PathPattern, path: Path): boolean {
  let states = passed(pattern, new Set([0]));
  for (const part of path) {
    const next = new Set<number>();
    for (const state of states) {
      const wanted = pattern[state];
      if (wanted === undefined) continue;
      if (wanted === 'any-depth') next.add(state);
      else if (isMatch(wanted, part)) next.add(state + 1);
    }
    states = passed(pattern, next);
  }
  return states.has(pattern.length);
}

/** With the places behind every `**` that stands for nothing. */
function passed(pattern: PathPattern, states: Set<number>): Set<number> {
  // A set goes on to what is added to it while it is walked.
  for (const state of states) if (pattern[state] === 'any-depth') states.add(state + 1);
  return states;
}

function isMatch(wanted: Exclude<PatternPart, 'any-depth'>, part: string | number): boolean {
  return 'exactly' in wanted ? wanted.exactly === part : matchesGlob(wanted.glob, String(part));
}
