import { type Markdown, md } from '../media/markdown.ts';
import { visible } from '../media/visible.ts';
import { PRECONDITIONS, type WeighedPrecondition } from './preconditions.ts';

/**
 * A line for each, for a terminal: `image: phoenix/app:0.1.0 is there, by digest`, `to be decided: quota: …`, and behind what
 * does not hold what helps.
 */
export function preconditionLines(preconditions: readonly WeighedPrecondition[]): readonly string[] {
  return preconditions.map((one) => visible(`${prefixOf(one)}${sentenceOf(one)}`));
}

/** The same as a list in Markdown, each with what follows. */
export function preconditionsMarkdown(preconditions: readonly WeighedPrecondition[]): readonly Markdown[] {
  return preconditions.map((one) => md`- ${one.overridden ?? one.follows ?? 'holds'}: ${sentenceOf(one)}`);
}

/** What was found, in words: its title, what is so, and what helps where it does not hold. */
export function sentenceOf({ id, state, says, remedy }: WeighedPrecondition): string {
  const certainty = state === 'unknown' ? 'not known: ' : '';
  const help = state === 'met' || remedy === undefined ? '' : ` (${remedy})`;
  return `${PRECONDITIONS[id].title}: ${certainty}${says}${help}`;
}

function prefixOf({ follows, overridden }: WeighedPrecondition): string {
  if (overridden !== undefined) return `${overridden}: `;
  if (follows === 'ask') return 'to be decided: ';
  return follows === 'block' ? 'in the way: ' : '';
}
