import { describe, expect, it } from 'vitest';
import type { TimedRevision } from '../../../../../src/targets/kubernetes/state/live-since/beginning.ts';
import {
  type LiveDetails,
  type LiveFacts,
  liveSince,
} from '../../../../../src/targets/kubernetes/state/live-since/judge.ts';

const MINUTE = 60_000;
const minute = (at: number) => at * MINUTE;
/** `at` in minutes. */
const found = (at: number, from: string, exact: boolean) => ({
  at: new Date(minute(at)).toISOString(),
  from,
  exact,
});

/** A ReplicaSet: the numbers that it had, the last one first, and when it was made. */
const rs = (
  name: string,
  numbers: readonly number[],
  createdAt: number,
  isCurrent = false,
): TimedRevision => ({
  name,
  revision: numbers[0] ?? 0,
  formerRevisions: numbers.slice(1),
  createdAt: minute(createdAt),
  isCurrent,
});
/** A ControllerRevision: it knows when it got its number. */
const cr = (name: string, revision: number, numberedAt: number, isCurrent = false): TimedRevision => ({
  name,
  revision,
  formerRevisions: [],
  createdAt: 0,
  numberedAt: minute(numberedAt),
  isCurrent,
});

const facts = (revisions: readonly TimedRevision[], more: Partial<LiveFacts> = {}): LiveFacts => ({
  revisions,
  waitsForPeople: false,
  isUntouched: false,
  endsFirst: false,
  ...more,
});
const NOTHING: LiveDetails = { scaledUp: [], podsAt: [] };
const scaled = (name: string, firstAt: number, lastAt = firstAt, from?: number) => ({
  name,
  firstAt: minute(firstAt),
  lastAt: minute(lastAt),
  ...(from === undefined ? {} : { from }),
});

const A = rs('a', [1], 10);
const B = rs('b', [2], 20);
const A_AGAIN = rs('a', [3, 1], 10, true);
const RETURNED = [A_AGAIN, B];

describe('since when a version is live, by what is known', () => {
  it.each<[string, LiveFacts, LiveDetails | undefined, ReturnType<typeof found> | 'ask' | undefined]>([
    ['a first version', facts([rs('a', [1], 10, true)]), undefined, found(10, 'rollout', true)],
    ['a new version', facts([A, rs('b', [2], 20, true)]), undefined, found(20, 'rollout', true)],
    [
      'a restart of it, which is the same version',
      facts([A, rs('b', [2], 20, true), rs('b-again', [3], 50, true)]),
      undefined,
      found(20, 'rollout', true),
    ],
    [
      'a version whose earlier numbers the history has lost',
      facts([rs('z', [7], 20, true)]),
      undefined,
      found(20, 'rollout', false),
    ],
    ['a ReplicaSet in use again', facts(RETURNED), undefined, 'ask'],
    [
      'the same, with events: of now, not of its first time',
      facts(RETURNED),
      { scaledUp: [scaled('a', 10, 40), scaled('b', 20)], podsAt: [minute(45)] },
      found(40, 'event', true),
    ],
    [
      'the same, scaled up again later',
      facts(RETURNED),
      { scaledUp: [scaled('a', 10), scaled('a', 40), scaled('a', 70)], podsAt: [] },
      found(40, 'event', true),
    ],
    [
      'the same, and its events of then are gone: more pods since are no beginning, as its rollout was complete by then',
      facts(RETURNED, { completeAt: minute(42) }),
      { scaledUp: [scaled('a', 200, 200, 2)], podsAt: [minute(41), minute(200)] },
      found(41, 'pods', false),
    ],
    [
      'the same, and no pod of then is left: it is live since this one, or before',
      facts(RETURNED),
      { scaledUp: [scaled('a', 200, 200, 2)], podsAt: [minute(200) + 500] },
      found(200, 'event', false),
    ],
    [
      'the same, scaled a second after its rollout was complete',
      facts(RETURNED, { completeAt: minute(42) }),
      {
        scaledUp: [{ ...scaled('a', 42, 42, 2), firstAt: minute(42) + 1000, lastAt: minute(42) + 1000 }],
        podsAt: [],
      },
      found(42, 'rollout', false),
    ],
    [
      'the same, from none, as a newer cluster says it',
      facts(RETURNED, { completeAt: minute(42) }),
      { scaledUp: [scaled('a', 40, 40, 0), scaled('a', 41, 41, 1)], podsAt: [minute(40)] },
      found(40, 'event', true),
    ],
    [
      'the third time, with an event of the second one',
      facts([rs('a', [5, 3, 1], 10, true), rs('b', [4, 2], 20)]),
      { scaledUp: [scaled('a', 30), scaled('b', 20, 50), scaled('a', 60)], podsAt: [] },
      found(60, 'event', true),
    ],
    [
      'without events, a write of the template alone that pods follow',
      facts(RETURNED, { write: { at: minute(40), isAlone: true } }),
      { scaledUp: [], podsAt: [minute(40) + 5000] },
      found(40, 'write', true),
    ],
    [
      'the same, and every pod was replaced since: it may have been paused meanwhile',
      facts(RETURNED, { write: { at: minute(40), isAlone: true } }),
      { scaledUp: [], podsAt: [minute(80)] },
      found(40, 'write', false),
    ],
    [
      'a write by a manager that has written other fields too, later than the rollout was complete',
      facts(RETURNED, { write: { at: minute(90), isAlone: false }, completeAt: minute(42) }),
      { scaledUp: [], podsAt: [minute(70)] },
      found(42, 'rollout', false),
    ],
    [
      'a pod of its first time that was never replaced says nothing',
      facts(RETURNED, { completeAt: minute(42) }),
      { scaledUp: [], podsAt: [minute(10), minute(60)] },
      found(42, 'rollout', false),
    ],
    [
      'pods alone',
      facts(RETURNED),
      { scaledUp: [], podsAt: [minute(60), minute(50)] },
      found(50, 'pods', false),
    ],
    [
      'a restart since: by then it was live',
      facts([A_AGAIN, B, rs('a-again', [4], 55, true)]),
      { scaledUp: [], podsAt: [minute(60)] },
      found(55, 'rollout', false),
    ],
    ['nothing at all', facts(RETURNED), NOTHING, undefined],
    ['our own write', facts(RETURNED, { markedAt: minute(41) }), undefined, found(41, 'mark', true)],
    [
      'our own write of config and a restart, in place',
      facts([A, rs('b', [2], 20, true), rs('b-again', [3], 50, true)], { markedAt: minute(50) }),
      undefined,
      found(50, 'mark', true),
    ],
    [
      'our own write of before another version was live',
      facts(RETURNED, { markedAt: minute(15) }),
      { scaledUp: [], podsAt: [minute(50)] },
      found(50, 'pods', false),
    ],
    [
      'a ControllerRevision in use again',
      facts([cr('a', 3, 40, true), cr('b', 2, 20)]),
      undefined,
      found(40, 'rollout', true),
    ],
    [
      'one whose number of before a restart is gone: it is live since then or before',
      facts([cr('a', 5, 60, true), cr('a-again', 4, 50, true), cr('b', 2, 20)]),
      undefined,
      found(50, 'rollout', false),
    ],
    [
      'our own write, left and come back to by somebody else',
      facts([cr('a', 5, 60, true), cr('b', 4, 50)], { markedAt: minute(40) }),
      undefined,
      found(60, 'rollout', true),
    ],
    [
      'one without the time of its number',
      facts([
        { name: 'a', revision: 1, formerRevisions: [], createdAt: minute(10), isCurrent: false },
        { name: 'b', revision: 2, formerRevisions: [], createdAt: minute(20), isCurrent: true },
      ]),
      undefined,
      found(20, 'rollout', true),
    ],
    ['one that is not in the history yet', facts([A, B]), undefined, undefined],
    [
      'one that waits until the pods of before have ended: since these were ended',
      facts([{ ...A, scaledAt: minute(19) }, rs('b', [2], 20, true)], { endsFirst: true }),
      undefined,
      found(19, 'rollout', true),
    ],
    [
      'the same, in use again',
      facts([A_AGAIN, { ...B, scaledAt: minute(39) }], { endsFirst: true }),
      { scaledUp: [scaled('a', 10, 40)], podsAt: [] },
      found(39, 'event', true),
    ],
    [
      'the same, and it is not noted when they were ended',
      facts([{ ...A, scaledAt: minute(30) }, rs('b', [2], 20, true)], { endsFirst: true }),
      undefined,
      found(20, 'rollout', false),
    ],
    ['no history', facts([]), undefined, undefined],
    ['a rollout that has touched nothing', facts(RETURNED, { isUntouched: true }), undefined, undefined],
    [
      'pods that wait for somebody',
      facts([A, rs('b', [2], 20, true)], { waitsForPeople: true }),
      undefined,
      'ask',
    ],
    [
      'the first of these that was replaced',
      facts([A, rs('b', [2], 20, true)], { waitsForPeople: true }),
      { scaledUp: [], podsAt: [minute(200), minute(100)] },
      found(100, 'pods', false),
    ],
    ['none of these', facts([A, rs('b', [2], 20, true)], { waitsForPeople: true }), NOTHING, undefined],
    [
      'config that was changed since',
      facts([A, rs('b', [2], 20, true)], { configAt: minute(30) }),
      undefined,
      found(30, 'write', false),
    ],
    [
      'config of before',
      facts([A, rs('b', [2], 20, true)], { configAt: minute(19) }),
      undefined,
      found(20, 'rollout', true),
    ],
  ])('%s', (_what, known, details, expected) => {
    expect(liveSince(known, details)).toEqual(expected);
  });
});
