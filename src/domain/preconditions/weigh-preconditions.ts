import type { Consequence } from '../consequence.ts';
import {
  PRECONDITION_IDS,
  type PreconditionFinding,
  type PreconditionRules,
  type WeighedPrecondition,
} from './preconditions.ts';
import { preconditionLines, sentenceOf } from './words.ts';

/** So many are named in a message; the rest is counted. */
const MOST_NAMED = 5;
/** So many are kept with a plan, the gravest ones: it goes into workflow history. */
const MOST_KEPT = 30;

/** What the person who asks has said beforehand. */
export interface Overrides {
  /** Goes on although something stands in the way; whoever says so has given a reason. */
  readonly force?: boolean | undefined;
  /** Why a freeze does not count; only where the severity allows it (`brokenGlass`). */
  readonly breakGlass?: string | undefined;
}

/** What the preconditions of a plan come to. */
export type WeighedPreconditions =
  | {
      /** All of them, those that hold too, in the order of the catalogue. */
      readonly preconditions: readonly WeighedPrecondition[];
      /** Lines of the plan: what does not hold, or cannot be told, and goes on all the same or is to be decided. */
      readonly warnings: readonly string[];
    }
  /** Why it is not carried out, and what to do. */
  | { readonly refused: string; readonly remedy: string };

/**
 * What follows from what was found, by the rules of the profile: the plan is refused, somebody is asked, or it is told. What
 * cannot be told counts as the rule says, and is never taken for one that holds. What the profile has switched off is left
 * out. Pure.
 */
export function weighPreconditions(
  findings: readonly PreconditionFinding[],
  rules: PreconditionRules,
  overrides: Overrides = {},
): WeighedPreconditions {
  const weighed = PRECONDITION_IDS.flatMap((id) =>
    findings.filter((finding) => finding.id === id).flatMap((finding) => weigh(finding, rules, overrides)),
  );
  const blocking = weighed.filter(({ follows }) => follows === 'block');
  if (blocking.length > 0) {
    return {
      refused: `what has to hold before a rollback does not: ${named(blocking.map(withoutRemedy))}`,
      remedy: remedyOf(blocking),
    };
  }
  const kept = gravest(weighed);
  const left = weighed.length - kept.length;
  const more = left > 0 ? [`${left} more preconditions were looked at`] : [];
  const told = kept.filter(({ follows }) => follows !== undefined);
  return { preconditions: kept, warnings: [...preconditionLines(told), ...more] };
}

function weigh(
  finding: PreconditionFinding,
  rules: PreconditionRules,
  { force = false, breakGlass }: Overrides,
): readonly WeighedPrecondition[] {
  const rule = rules[finding.id];
  if (!rule) return [];
  if (finding.state === 'met') return [finding];
  const follows: Consequence = finding.state === 'unknown' && rule.unknown === 'open' ? 'warn' : rule.on;
  if (follows === 'warn') return [{ ...finding, follows }];
  if (finding.id === 'freeze' && breakGlass !== undefined) {
    return [{ ...finding, follows: 'warn', overridden: `break-glass: ${breakGlass}` }];
  }
  if (force) return [{ ...finding, follows: 'warn', overridden: 'forced' }];
  return [{ ...finding, follows }];
}

/** What somebody has to decide before a plan is carried out, in words; undefined: nothing. Pure. */
export function preconditionQuestion({
  preconditions = [],
}: {
  readonly preconditions?: readonly WeighedPrecondition[];
}): string | undefined {
  const asked = preconditions.filter(({ follows }) => follows === 'ask');
  if (asked.length === 0) return undefined;
  return `preconditions to be decided: ${named(asked.map(sentenceOf))}: go-on carries the plan out all the same`;
}

function remedyOf(blocking: readonly WeighedPrecondition[]): string {
  const own = new Set(blocking.flatMap(({ remedy }) => (remedy === undefined ? [] : [remedy])));
  const isFreeze = blocking.every(({ id }) => id === 'freeze');
  const glass = isFreeze ? ', or with break-glass and a severity of approval.breakGlass' : '';
  const general = `${isFreeze ? '' : 'choose another target, or '}start again with force and a reason${glass}; what each leads to is preconditions of the profile`;
  return [...[...own].slice(0, MOST_NAMED), general].join('; ');
}

function withoutRemedy({ remedy: _, ...rest }: WeighedPrecondition): string {
  return sentenceOf(rest);
}

function named(sentences: readonly string[]): string {
  const more = sentences.length - MOST_NAMED;
  return [...sentences.slice(0, MOST_NAMED), ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

const GRAVITY: readonly (Consequence | undefined)[] = ['block', 'ask', 'warn', undefined];

/** Those that are kept, in their order. */
function gravest(weighed: readonly WeighedPrecondition[]): readonly WeighedPrecondition[] {
  if (weighed.length <= MOST_KEPT) return weighed;
  const kept = new Set(
    weighed.toSorted((a, b) => GRAVITY.indexOf(a.follows) - GRAVITY.indexOf(b.follows)).slice(0, MOST_KEPT),
  );
  return weighed.filter((one) => kept.has(one));
}
