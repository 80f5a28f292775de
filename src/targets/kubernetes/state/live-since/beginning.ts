/** A revision of the history, as far as it says when it was live. Times are milliseconds since 1970. */
export interface TimedRevision {
  readonly name: string;
  readonly revision: number;
  /** Numbers that it had before, where the kind remembers them. */
  readonly formerRevisions: readonly number[];
  readonly createdAt: number;
  /** When it got the number that it has: known of a ControllerRevision, whose controller writes nothing else of it later. */
  readonly numberedAt?: number;
  /** When its controller has scaled it last, where that is noted. */
  readonly scaledAt?: number;
  /** Whether it holds the version that is current: a restart is the same version under another number. */
  readonly isCurrent: boolean;
}

/** What the numbers of the history say of the time since when the current version is live. */
export interface Beginning {
  /** The revision that it began with, and the one that was current before. */
  readonly first: TimedRevision;
  readonly before?: TimedRevision;
  /** It did not become live earlier than this. */
  readonly after: number;
  /** When it did; none where an object is in use again and keeps its creation time. */
  readonly at?: number;
  /** False where a number right below is gone: it may have been of the same version. */
  readonly isWhole: boolean;
  /** By then it was live: a revision of the same version that came after the first one. */
  readonly until?: number;
  /** Whether the current number is the one that it began with. */
  readonly isNewest: boolean;
}

/**
 * Follows the numbers of the history down to where the current version began. Each change of the template takes the next
 * number, also one that goes back to an object which was there before: that one is renumbered (apps/v1). Pure.
 * @returns nothing while the history does not end with the current version: its controller has not seen it yet, or is not to.
 */
export function beginningOf(revisions: readonly TimedRevision[]): Beginning | undefined {
  const held = new Map<number, TimedRevision>();
  for (const one of revisions) {
    for (const number of [one.revision, ...one.formerRevisions]) if (number > 0) held.set(number, one);
  }
  const newest = Math.max(0, ...held.keys());
  let number = newest;
  while (held.get(number)?.isCurrent) number -= 1;
  const first = held.get(number + 1);
  if (!first?.isCurrent) return undefined;
  const before = held.get(number);
  const isMade = Math.min(first.revision, ...first.formerRevisions) === number + 1;
  // Numbers that a ControllerRevision had before are not kept: what it was made as is known where it is the newest object.
  const isKnownMade = first.numberedAt === undefined && isMade && isNewestObject(first, revisions);
  const at = first.numberedAt ?? (isKnownMade ? first.createdAt : undefined);
  const others = revisions.filter((one) => !one.isCurrent && one.revision <= number);
  const later = revisions.filter(
    (one) => one.isCurrent && one !== first && Math.min(one.revision, ...one.formerRevisions) > number + 1,
  );
  const times = later.map((one) => one.numberedAt ?? one.createdAt);
  return {
    first,
    ...(before ? { before } : {}),
    after: Math.max(0, ...others.map((one) => one.numberedAt ?? one.createdAt)),
    ...(at === undefined ? {} : { at }),
    isWhole: before !== undefined || number === 0,
    ...(times.length > 0 ? { until: Math.min(...times) } : {}),
    isNewest: number + 1 === newest,
  };
}

/** Whether nothing of another version was made after it: it cannot be in use again then. */
function isNewestObject(first: TimedRevision, revisions: readonly TimedRevision[]): boolean {
  return revisions.every((one) => one.isCurrent || one.createdAt <= first.createdAt);
}
