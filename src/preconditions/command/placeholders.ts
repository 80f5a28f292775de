import type { Plan } from '../../domain/versions/plan.ts';
import { parseImage } from '../../domain/versions/versions.ts';

/** What a program can be told of a plan, each as a whole argument or variable. */
export const PLACEHOLDERS = ['{{from}}', '{{to}}', '{{toImage}}', '{{service}}', '{{environment}}'] as const;
type Placeholder = (typeof PLACEHOLDERS)[number];
export type PlaceholderValues = Readonly<Record<Placeholder, string>>;

/** What is wrong with a text of the profile, in words that follow its name; undefined when nothing is. */
export function placeholderProblem(text: string): string | undefined {
  if (!text.includes('{{')) return undefined;
  if (PLACEHOLDERS.some((one) => one === text)) return undefined;
  return `a placeholder stands alone, as a whole argument or value: one of ${PLACEHOLDERS.join(', ')}`;
}

/** The values for one plan. */
export function placeholderValues(
  { from, to }: Pick<Plan, 'from' | 'to'>,
  { service, environment }: { readonly service: string; readonly environment: string },
): PlaceholderValues {
  const isExact = to.digest === undefined || parseImage(to.image).digest !== undefined || to.image === '';
  return {
    '{{from}}': from.version,
    '{{to}}': to.version,
    '{{toImage}}': isExact ? to.image : `${to.image}@${to.digest}`,
    '{{service}}': service,
    '{{environment}}': environment,
  };
}

/** In characters: a version is a tag or a label, an image at most a reference. */
const LONGEST = 1024;

/**
 * The text with its value. Names of versions come from images and labels, which whoever deploys can choose: one that a program
 * could take for an option, or that holds what is not seen, is given to none.
 * @returns undefined for such a value.
 */
export function filled(text: string, values: PlaceholderValues): string | undefined {
  const known = PLACEHOLDERS.find((one) => one === text);
  if (known === undefined) return text;
  const value = values[known];
  return /^[^-\p{C}\s][^\p{C}]*$/u.test(value) && value.length <= LONGEST ? value : undefined;
}
