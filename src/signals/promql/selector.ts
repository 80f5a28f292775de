/** How one label has to be: as it is, or another, or as a regular expression (RE2, anchored at both ends). */
export type LabelMatcher =
  | string
  | { readonly not: string }
  | { readonly matches: string }
  | { readonly notMatches: string };

/** Which series are this service's: `{ job: 'master-orchestrator', version: { not: 'canary' } }`. */
export type Selector = Readonly<Record<string, LabelMatcher>>;

/** The name of a label that Prometheus gives a target; those that begin with __ are its own. */
export const LABEL = /^(?!__)[a-zA-Z_][a-zA-Z0-9_]*$/;

/** The matchers as they stand between the braces of a PromQL selector, with others behind them. */
export function matchersOf(selector: Selector, more: Readonly<Record<string, string>> = {}): string {
  return [...Object.entries(selector), ...Object.entries(more)]
    .map(([label, matcher]) => `${label}${matched(matcher)}`)
    .join(',');
}

function matched(matcher: LabelMatcher): string {
  if (typeof matcher === 'string') return `=${quoted(matcher)}`;
  if ('not' in matcher) return `!=${quoted(matcher.not)}`;
  if ('matches' in matcher) return `=~${quoted(matcher.matches)}`;
  return `!~${quoted(matcher.notMatches)}`;
}

/** A PromQL string: the escapes of Go, of which those of JSON are a part. */
function quoted(text: string): string {
  return JSON.stringify(text);
}
