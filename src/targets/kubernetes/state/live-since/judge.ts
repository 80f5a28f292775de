import type { LiveSince } from '../../../../domain/need/signals.ts';
import { type Beginning, beginningOf, type TimedRevision } from './beginning.ts';

/** A template write as the API server notes it, in milliseconds since 1970. */
export interface TemplateWrite {
  readonly at: number;
  /** Whether its manager has written nothing beside the template: a later write of something else would move the time. */
  readonly isAlone: boolean;
}

/** What an observation says of the time since when the current version is live. Times are milliseconds since 1970. */
export interface LiveFacts {
  readonly revisions: readonly TimedRevision[];
  /** When a run of ours wrote what is live, where nobody has put another version there since. */
  readonly markedAt?: number;
  readonly write?: TemplateWrite;
  /** When the workload said that its last rollout, which was to this version, was complete. */
  readonly completeAt?: number;
  /** Whether pods are left at another version until somebody does something: then a write begins nothing. */
  readonly waitsForPeople: boolean;
  /** Whether pods of before are ended first, and its ReplicaSet is made when they are gone (`Recreate`). */
  readonly endsFirst: boolean;
  /** Whether nothing of it runs, and everything of before does. */
  readonly isUntouched: boolean;
  /** When the content of config that it takes by reference was changed last; none where that is not known. */
  readonly configAt?: number;
}

/** What is asked for only where the observation does not do: one list of each. */
export interface LiveDetails {
  /** A ReplicaSet was scaled up: by its name, first and last. */
  readonly scaledUp: readonly ScaledUp[];
  /** When the active pods of the version were made. */
  readonly podsAt: readonly number[];
}

/** An event of a Deployment's controller, or several alike: the API server counts them. */
export interface ScaledUp {
  readonly name: string;
  readonly firstAt: number;
  readonly lastAt: number;
  /** How many pods it had before; none where the event does not say, as before Kubernetes 1.26. */
  readonly from?: number;
}

type Found = Omit<LiveSince, 'at'> & { readonly at: number };

/** Clocks of API server and controllers, and whole seconds, in milliseconds. */
const SLACK_MS = 60_000;

/**
 * Since when the current version is live: when its last rollout began, which is when it could first have an effect; whether its
 * pods were ever ready makes no difference. Scaling, restarts, replaced pods and what stands beside the template are no
 * deploys. Pure.
 * @param details none: they were not asked for yet.
 * @returns `ask` where the details could say more; nothing for a version of which nothing runs.
 */
export function liveSince(facts: LiveFacts, details?: LiveDetails): LiveSince | 'ask' | undefined {
  const began = beginningOf(facts.revisions);
  if (!began || facts.isUntouched) return undefined;
  const found = facts.waitsForPeople ? byPods(began, details) : byRollout(facts, began, details);
  if (found === 'ask' || found === undefined) return found;
  const last = withConfig(found, facts.configAt);
  return { ...last, at: new Date(last.at).toISOString() };
}

/** Somebody lets the pods be replaced, hours after the write may be: what runs says when. */
function byPods({ at, after }: Beginning, details: LiveDetails | undefined): Found | 'ask' | undefined {
  if (!details) return 'ask';
  const first = earliest(details.podsAt, at ?? after);
  return first === undefined ? undefined : { at: first, from: 'pods', exact: false };
}

function byRollout(
  facts: LiveFacts,
  began: Beginning,
  details: LiveDetails | undefined,
): Found | 'ask' | undefined {
  const { at, after, isWhole } = began;
  const { markedAt } = facts;
  const isMark = markedAt !== undefined && markedAt >= second(after) && !(markedAt + SLACK_MS < (at ?? 0));
  if (isMark) return { at: markedAt, from: 'mark', exact: true };
  if (at !== undefined) return withEnd({ at, from: 'rollout', exact: isWhole }, facts, began);
  if (!details) return 'ask';
  const event = eventOf(began, details.scaledUp);
  // Events live for an hour, and scaling has them too: no beginning is later than what shows that it was live.
  const by = [earliest(details.podsAt, after), facts.completeAt].filter(
    (time) => time !== undefined && time >= second(after),
  );
  // Objects of one rollout get their times one after another; more pods of it come later.
  const slack = event?.isStart ? 1000 : 0;
  if (event && by.every((time) => time === undefined || event.at <= time + slack)) {
    return withEnd({ at: event.at, from: 'event', exact: event.isStart }, facts, began);
  }
  return latestBound(facts, began, details);
}

/** Where what was there before is ended first, the rollout begins with that: its ReplicaSet comes when the last pod is gone. */
function withEnd(found: Found, { endsFirst }: LiveFacts, { before }: Beginning): Found {
  if (!endsFirst || !before) return found;
  const { createdAt, scaledAt } = before;
  const isEnd = scaledAt !== undefined && scaledAt > createdAt && scaledAt <= found.at;
  return isEnd ? { ...found, at: scaledAt } : { ...found, exact: false };
}

/** The first time that its ReplicaSet was scaled up after the version before was live, and whether that was from nothing. */
function eventOf(
  { first, before, after }: Beginning,
  events: readonly ScaledUp[],
): { readonly at: number; readonly isStart: boolean } | undefined {
  const of = (name: string | undefined) => events.filter((event) => event.name === name);
  const times = (some: readonly ScaledUp[]) => some.flatMap(({ firstAt, lastAt }) => [firstAt, lastAt]);
  const own = of(first.name);
  const last = Math.max(...times(own));
  // The version before may have been live before, too.
  const since = Math.max(after, ...times(of(before?.name)).filter((at) => at <= last));
  // Within one second it is not known which came first.
  const at = earliest(times(own), second(since) + 1000) ?? earliest(times(own), since);
  if (at === undefined) return undefined;
  const isStart = own.some((one) => !one.from && times([one]).includes(at));
  return { at, isStart };
}

/** What is left says that it was live by then. */
function latestBound(
  { write, completeAt }: LiveFacts,
  { after, until, isNewest }: Beginning,
  { podsAt }: LiveDetails,
): Found | undefined {
  const pod = earliest(podsAt, after);
  const bounds: Found[] = [
    ...found(write?.at, 'write'),
    ...found(completeAt, 'rollout'),
    ...found(until, 'rollout'),
    ...found(pod, 'pods'),
  ];
  const known = bounds.filter(({ at }) => at >= second(after)).toSorted((a, b) => a.at - b.at)[0];
  if (known?.from !== 'write') return known;
  // A Deployment that was paused while it was written begins later: pods, or a rollout that is complete, show that it was not.
  const isFollowed = [pod, completeAt].some((at) => at !== undefined && at - known.at <= SLACK_MS);
  return { ...known, exact: write?.isAlone === true && isNewest && isFollowed };
}

function found(at: number | undefined, from: LiveSince['from']): readonly Found[] {
  return at === undefined ? [] : [{ at, from, exact: false }];
}

/**
 * Content of config that was changed since makes another version. A manager's write of a label moves the same time: it is
 * live since then, or before.
 */
function withConfig(live: Found, configAt: number | undefined): Found {
  if (configAt === undefined || configAt <= live.at) return live;
  return { at: configAt, from: 'write', exact: false };
}

function earliest(times: readonly number[], since: number): number | undefined {
  const known = times.filter((at) => at >= second(since));
  return known.length > 0 ? Math.min(...known) : undefined;
}

/** The API server notes whole seconds. */
function second(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
