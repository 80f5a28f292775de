import { type ErrorType, isErrorType } from '../errors.ts';
import type { RunEvent } from './events.ts';
import type { Read } from './operator-inputs.ts';

/** Name of the signal by which a group's run tells a member what to do. */
export const GROUP_WORD = 'group-word';
/** Name of the signal by which a member tells its group where it stands. */
export const MEMBER_SAYS = 'member-says';

/** What a group's run tells a member. */
export const GROUP_WORDS = [
  /** The plan of this hash may be carried out: the whole group's is approved. */
  'change',
  /** Every member is changed: it may be proved. */
  'prove',
  /** Every member is proved, or what was changed is left: the run ends with what it has. */
  'keep',
  /** Another member has failed: what was there before is restored. */
  'go-back',
  /** Another member has failed: all go on to their next older known-good version, and plan anew. */
  'fall-back',
  /** Another member has failed before this one was changed: it is left as it is. */
  'stop',
] as const;

export interface GroupWord {
  readonly word: (typeof GROUP_WORDS)[number];
  /** With `change`: the hash of the plan that is meant. */
  readonly plan?: string;
  /** With `go-back`, `fall-back` and `stop`: why, in one sentence. */
  readonly because?: string;
}

/** Where a member says that it stands. */
export const MEMBER_SAYINGS = ['planned', 'changed', 'proved', 'failed', 'asks', 'goes-on', 'ended'] as const;

/** What may have become of a change: see `changeOf`. */
const CHANGES = ['none', 'made', 'unknown'] as const;

/** What a member tells its group. */
export interface MemberSays {
  readonly service: string;
  /** Run id of the member: a message of an earlier one does not count. */
  readonly runId: string;
  readonly says: (typeof MEMBER_SAYINGS)[number];
  /** One sentence for people. */
  readonly summary: string;
  /** With `failed`: the row of the error catalogue. */
  readonly error?: ErrorType;
  /** With `ended`: what became of the change. */
  readonly change?: (typeof CHANGES)[number];
  /** With `ended`: its incident record, on the worker's host. */
  readonly record?: string;
}

/** A sentence in a message is cut here: it is shown, never acted on. */
const LONGEST = 1000;

/** Reads what a member is told. */
export function readGroupWord(input: unknown): Read<GroupWord> {
  const { word, plan, because } = asObject(input);
  const known = GROUP_WORDS.find((one) => one === word);
  if (!known) return { problem: `word: expected one of ${GROUP_WORDS.join(', ')}` };
  return {
    value: {
      word: known,
      ...(typeof plan === 'string' ? { plan } : {}),
      ...(typeof because === 'string' ? { because: because.slice(0, LONGEST) } : {}),
    },
  };
}

/** Reads what a group is told by a member. */
export function readMemberSays(input: unknown): Read<MemberSays> {
  const { service, runId, says, summary, error, change, record } = asObject(input);
  const became = CHANGES.find((one) => one === change);
  const known = MEMBER_SAYINGS.find((one) => one === says);
  if (!known) return { problem: `says: expected one of ${MEMBER_SAYINGS.join(', ')}` };
  if (typeof service !== 'string' || typeof runId !== 'string' || typeof summary !== 'string') {
    return { problem: 'service, runId and summary: expected texts' };
  }
  const type = typeof error === 'string' && isErrorType(error) ? error : undefined;
  return {
    value: {
      service,
      runId,
      says: known,
      summary: summary.slice(0, LONGEST),
      ...(type ? { error: type } : {}),
      ...(became ? { change: became } : {}),
      ...(typeof record === 'string' ? { record } : {}),
    },
  };
}

function asObject(input: unknown): Record<string, unknown> {
  return typeof input === 'object' && input !== null ? (input as Record<string, unknown>) : {};
}

/** The line that a word of the group becomes in the ledger of a member. */
export function eventOfWord({ word, plan, because }: GroupWord): Omit<RunEvent, 'at'> {
  const what = plan ? `${word}, plan ${plan.slice(0, 12)}` : word;
  return { kind: 'group', summary: `the group: ${what}`, ...(because ? { reason: because } : {}) };
}

/** How the timer is called with which a member waits for a word. */
export const WAITS_FOR_GROUP = 'waits for the group';

/** The line of a member that has waited for a word in vain. */
export const NOTHING_HEARD: Omit<RunEvent, 'at'> = {
  kind: 'group',
  summary: 'the run of the group has not said anything in time',
};

/** The line that a message of a member becomes in the ledger of the group; none where its end says the same. */
export function eventOfSaying({ service, says, summary }: MemberSays): Omit<RunEvent, 'at'> | undefined {
  if (says === 'goes-on' || says === 'ended') return undefined;
  return { kind: 'group', summary: `${service}: ${says}: ${summary}` };
}
