import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { ErrorType } from '../../../domain/errors.ts';
import { type GroupPlan, isGroupPlan, planInWords } from '../../../domain/ledger/group.ts';
import { changeOf } from '../../../domain/ledger/ledger.ts';
import { isFull } from '../../../domain/people/events.ts';
import {
  eventOfWord,
  GROUP_WORD,
  type GroupWord,
  MEMBER_SAYS,
  type MemberSays,
  NOTHING_HEARD,
  readGroupWord,
  WAITS_FOR_GROUP,
} from '../../../domain/people/group-words.ts';
import { describeWaiting, type Waiting } from '../../../domain/people/waiting.ts';
import type { Membership } from '../../../domain/request/group.ts';
import type { ShownPlan } from '../../../domain/versions/plan.ts';
import type { Approve } from '../../people/approval.ts';
import { Redirection } from '../aim/redirection.ts';
import type { Ending } from '../run.ts';
import { type Reason, reasonOf } from '../step/failures.ts';
import type { RunLedger } from '../step/ledger.ts';

/**
 * What a run that is one of a group has to do with it: it tells the group's run where it stands, and goes on when it is
 * told to. A member that was cancelled waits for nobody: it comes to its end as its own profile says.
 */
export interface Member {
  /**
   * Shows the group the plan, and waits until the whole group's is approved. A plan that is made anew after that is
   * one of the member alone: `approve` asks for it.
   * @throws ApplicationFailure `GroupFailed`; Redirection to fall back
   */
  consent(plan: ShownPlan | GroupPlan, approve: Approve): Promise<void>;
  /** Waits until every member is changed. @throws Redirection to restore what was there before, or to fall back. */
  changed(): Promise<void>;
  /**
   * Tells how the proof has ended, and waits until every member has come so far.
   * @returns the ending, where it stays. @throws Redirection to restore what was there before, or to fall back.
   */
  settled(ending: Ending): Promise<Ending>;
  /**
   * Tells that the run cannot go on, and waits for what is done about what it has changed.
   * @returns when it is left as it is. @throws Redirection to restore what was there before, or to fall back.
   */
  failed(error: unknown): Promise<void>;
  /** Tells what a person is waited for with; undefined: nothing any more. */
  asks(waiting: Waiting | undefined): void;
  /** Tells how the run has ended, where its end does not say so by itself. */
  ended(): Promise<void>;
}

export function openMembership(ledger: RunLedger, { group, onFailure, waitMs }: Membership): Member {
  const { parent, runId } = workflowInfo();
  const { service = '' } = ledger.report().request ?? {};
  /** What is cancelled when somebody cancels the run. */
  const scope = CancellationScope.current();
  const words: GroupWord[] = [];
  let approved: string | undefined;

  setHandler(defineSignal<[unknown]>(GROUP_WORD), (input) => {
    const read = readGroupWord(input);
    if ('problem' in read) return;
    words.push(read.value);
    if (!isFull(ledger.report().events)) ledger.record(eventOfWord(read.value));
  });

  let lastSaid: Promise<unknown> = Promise.resolve();
  /** One after the other, as they were said. A group that has closed does not hear any more, and nothing depends on it. */
  const say = (
    says: MemberSays['says'],
    summary: string,
    more: Omit<Partial<MemberSays>, 'says'> = {},
  ): Promise<unknown> => {
    const message: MemberSays = { service, runId, says, summary, ...more };
    lastSaid = lastSaid.then(() =>
      CancellationScope.nonCancellable(async () => {
        // Of whatever run: one that was reset goes on under the same workflow id.
        if (parent) await getExternalWorkflowHandle(parent.workflowId).signal(MEMBER_SAYS, message);
      }).catch(() => undefined),
    );
    return lastSaid;
  };

  /** @returns the first of these words; undefined when there was none in time. */
  const hear = async (...wanted: GroupWord['word'][]): Promise<GroupWord | undefined> => {
    const found = () => words.find(({ word }) => wanted.includes(word));
    const summary = `${WAITS_FOR_GROUP}: ${wanted.join(' or ')}`;
    if (!(await condition(() => found() !== undefined, waitMs, { summary }))) ledger.record(NOTHING_HEARD);
    return found();
  };

  const isFree = () => scope.consideredCancelled;
  const nobody = (): GroupWord => ({
    word: onFailure === 'keep' ? 'keep' : 'go-back',
    because: `the run of the group ${group} has not said anything in time`,
  });
  /** Another way than to go on: back to what was there before, or further back with all the others. */
  const leave = ({ word, because = `the group ${group} goes back` }: GroupWord): Redirection => {
    if (word === 'fall-back') {
      // Everything is planned, approved and told anew.
      words.length = 0;
      approved = undefined;
      return new Redirection({ kind: 'fall-back' });
    }
    return new Redirection({ kind: 'restore' }, { type: 'GroupFailed', message: because });
  };
  /** Whether a member that was told so leaves where it stands. What was not changed has nothing to be restored. */
  const leads = ({ word }: GroupWord) => word === 'fall-back' || (word === 'go-back' && isChanged());
  const isChanged = () => changeOf(ledger.report()) !== 'none';

  return {
    async consent(plan, approve) {
      if (isFree() || approved !== undefined || isGroupPlan(plan)) {
        return plan.hash === approved ? undefined : approve(plan);
      }
      void say('planned', plan.changesNothing ? `${plan.to.version} is already there` : planInWords(plan));
      const word = await hear('change', 'stop', 'fall-back');
      if (word?.word === 'fall-back') throw leave(word);
      if (word?.word !== 'change' || word.plan !== plan.hash) {
        throw groupFailed(word?.because ?? nobody().because ?? '');
      }
      approved = plan.hash;
    },
    async changed() {
      if (isFree()) return;
      void say('changed', 'runs');
      const word = (await hear('prove', 'go-back', 'fall-back')) ?? nobody();
      if (leads(word)) throw leave(word);
    },
    async settled(ending) {
      if (isFree()) return ending;
      const { error, summary } = ending;
      void (error ? say('failed', error.message, { error: error.type }) : say('proved', summary));
      const word = (await hear('keep', 'go-back', 'fall-back')) ?? nobody();
      if (leads(word)) throw leave(word);
      return ending;
    },
    async failed(error) {
      if (isFree() || !isChanged()) return;
      const { type, message }: Reason = reasonOf(error);
      void say('failed', message, { error: type });
      const word = (await hear('keep', 'go-back', 'fall-back')) ?? nobody();
      if (leads(word)) throw leave(word);
    },
    asks(waiting) {
      void say(waiting ? 'asks' : 'goes-on', waiting ? describeWaiting(waiting) : 'goes on');
    },
    async ended() {
      const report = ledger.report();
      if (report.outcome !== 'cancelled') return;
      const record = report.ledger.findLast((entry) => entry.record)?.record?.markdown;
      await say('ended', report.summary, { change: changeOf(report), ...(record ? { record } : {}) });
    },
  };
}

function groupFailed(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, 'GroupFailed' satisfies ErrorType);
}
