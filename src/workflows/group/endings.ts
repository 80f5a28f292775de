import {
  type GroupMember,
  type GroupPlan,
  isAsBefore,
  isWell,
  planInWords,
  wayOfMember,
} from '../../domain/ledger/group.ts';
import type { ResolvedGroup } from '../../domain/request/group.ts';
import type { Ending } from '../run/run.ts';
import type { Reason } from '../run/step/failures.ts';

/** Stopped after the plan, as asked. */
export function plannedEnding(plan: GroupPlan): Ending {
  const what = planInWords(plan);
  return { outcome: 'planned', summary: plan.changesNothing ? what : `would roll back ${what}` };
}

/** Every member was proved, and has ended. */
export function provedEnding(members: readonly GroupMember[]): Ending {
  const summary = members.map(inWords).join(', ');
  const unwell = members.find((member) => !isWell(member));
  if (unwell) {
    const message = `${unwell.service} was proved and has not ended well: ${unwell.summary ?? ''}; ${summary}`;
    return { outcome: 'not-proved', summary: message, error: { type: 'GroupFailed', message } };
  }
  const wasThere = members.every(({ outcome }) => outcome === 'already-there');
  return { outcome: wasThere ? 'already-there' : 'rolled-back', summary: `${summary}; all proved` };
}

/** The group could not be completed, and every member has ended. */
export function failedEnding(
  members: readonly GroupMember[],
  { onFailure }: ResolvedGroup,
  { type, message }: Reason,
): Ending {
  const started = members.filter(({ stage }) => stage !== 'waiting');
  const changed = started.filter(({ change }) => change !== 'none');
  const where = members.map(inWords).join(', ');
  if (changed.length === 0) {
    const summary = `${message}; nothing was changed`;
    // As of one service: the run that holds the target tells people.
    const quiet = type === 'RollbackInProgress';
    return { outcome: 'failed', summary: `${type}: ${summary}`, error: { type, message: summary }, quiet };
  }
  if (changed.every(isAsBefore)) {
    const summary = `what ran before is restored in every member that was changed: ${message}`;
    return { outcome: 'restored', summary, error: { type, message: summary } };
  }
  const policy =
    onFailure === 'keep' ? 'as the group says nothing is taken back' : 'NOT everything could be restored';
  const summary = `${message}; ${policy}: ${where}`;
  return { outcome: 'not-proved', summary, error: { type, message: summary } };
}

/** Every member was cancelled and has come to its own end. */
export function cancelledEnding(members: readonly GroupMember[]): Ending {
  const changed = members.filter(({ change }) => change !== 'none');
  if (changed.length === 0)
    return { outcome: 'cancelled', summary: 'cancelled on request; nothing was changed' };
  return { outcome: 'cancelled', summary: `cancelled on request: ${members.map(inWords).join(', ')}` };
}

/** `agents 0.4.0 -> 0.3.0`, and how it ended where that is something else. */
function inWords(member: GroupMember): string {
  const { service, outcome, stage } = member;
  return [service, wayOfMember(member, '->'), isWell(member) ? '' : `(${outcome ?? stage})`]
    .filter(Boolean)
    .join(' ');
}
