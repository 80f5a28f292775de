import type { LiveSince, SignalDefinition } from '../signals.ts';
import { capped, inUnit, moment, named, span } from '../words.ts';
import type { Against } from './evidence.ts';
import type { Found } from './find-signal.ts';
import type { Onset } from './onset.ts';

/** Of what one signal says, in characters. */
const SAYS_LIMIT = 300;
/** Of a reason in it. */
const WHY_LIMIT = 160;

/** One signal in words: `failed plans 0.4 % -> 38 % since 02:41 UTC, six minutes after 0.2.0 became live`. */
export function signalSays(definition: SignalDefinition, found: Found, against: Against): string {
  return capped(`${named(definition.title)}${restOf(definition, found, against)}`, SAYS_LIMIT);
}

/** What is not known of a value. */
const DOUBTS = { bad: ', since when is not known', good: ', not known whether it is well' } as const;

function restOf(definition: SignalDefinition, found: Found, against: Against): string {
  const { state, now, why = 'nothing was read' } = found;
  if (state === 'normal')
    return ` ${isUnchanged(definition, found) ? 'unchanged' : 'normal'}${inBrackets(definition, now)}`;
  const change = changeOf(definition, found);
  if (state !== 'unknown') return `${change}${sinceWhen(definition, found, against)}`;
  return `${change}${now === undefined ? ' not known' : DOUBTS[found.isBad ? 'bad' : 'good']}: ${named(why, WHY_LIMIT)}`;
}

/** Whether a normal value is what it was; what has become better is normal. */
export function isUnchanged(
  { growth, noise = 0 }: Pick<SignalDefinition, 'growth' | 'noise'>,
  { now, before }: Pick<Found, 'now' | 'before'>,
): boolean {
  if (now === undefined || before === undefined) return false;
  const [low, high] = now < before ? [now, before] : [before, now];
  return high - low <= noise || high <= low * (growth ?? 1.5);
}

function inBrackets({ unit }: SignalDefinition, now: number | undefined): string {
  return now === undefined ? '' : ` (${inUnit[unit](now)})`;
}

/** ` 0.4 % -> 38 %`. */
function changeOf({ unit }: SignalDefinition, { now, before, isBad }: Found): string {
  if (now === undefined) return '';
  const shown = inUnit[unit](now);
  return before === undefined || !isBad ? ` ${shown}` : ` ${inUnit[unit](before)} -> ${shown}`;
}

/** ` since 02:41 UTC, six minutes after 0.2.0 became live`. */
function sinceWhen({ windowMs }: SignalDefinition, { onset }: Found, { live, at, version }: Against): string {
  if (onset === undefined || live === undefined) return ', as was recorded of the known-good version';
  const current = version === undefined ? 'the current version' : named(version);
  const ms = onset.by - Date.parse(live.at);
  const { after } = onset;
  const isCoarse = after !== undefined && onset.by - after > windowMs;
  const when = isCoarse
    ? ` since between ${moment(after, at).replace(/ UTC$/, '')} and ${moment(onset.by, at)}`
    : `${after === undefined ? ' since before' : ' since'} ${moment(onset.by, at)}`;
  if (Math.abs(ms) < 1000) return `${when}, as ${current} became live`;
  return `${when}, ${boundOf(onset, ms, live, isCoarse)}${span(ms)} ${ms > 0 ? 'after' : 'before'} ${current} became live`;
}

/** How the time between is meant, where it is not known exactly. */
function boundOf({ after }: Onset, ms: number, live: LiveSince, isCoarse: boolean): string {
  if (ms > 0) return live.exact ? (isCoarse ? 'at most ' : '') : isCoarse ? 'about ' : 'at least ';
  return after === undefined || isCoarse ? 'at least ' : '';
}
