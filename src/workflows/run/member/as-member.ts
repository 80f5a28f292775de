import { isCancellation } from '@temporalio/workflow';
import { type Attempt, Redirection } from '../aim/redirection.ts';
import { isExpected } from '../step/failures.ts';
import type { Member } from './membership.ts';

/**
 * An attempt of a member of a group: where it ends, well or not, what becomes of its change is the group's to say. What was
 * there before is restored without that.
 */
export function asMember(member: Member, attempt: Attempt): Attempt {
  return async (aim) => {
    if (aim.purpose === 'restore') return attempt(aim);
    try {
      const ending = await attempt(aim);
      return await member.settled(ending);
    } catch (error) {
      const isFailure = isExpected(error) && !isCancellation(error) && !(error instanceof Redirection);
      if (isFailure) await member.failed(error);
      throw error;
    }
  };
}
