import type { GroupMember } from '../../domain/ledger/group.ts';
import type { ResolvedGroup } from '../../domain/request/group.ts';
import { isLost, type Members } from './members.ts';

/**
 * Brings a group that cannot be completed to a known end. Members that were not changed yet are left as they are; what is
 * under way comes to its end first; then what was changed is restored in the reverse order, or is left and proved as
 * far as it goes, as the group says.
 * @param because in one sentence, for the members.
 */
export async function takeBack(
  members: Members,
  { members: inOrder, onFailure }: ResolvedGroup,
  because: string,
): Promise<void> {
  const services = inOrder.map(({ service }) => service);
  const isOpen = (service: string) => !['ended', 'waiting'].includes(members.of(service).stage);
  const wholeEnd = (service: string) =>
    members.until(`${service} to end`, () => members.of(service).stage === 'ended');

  // One that is planning hears the word when it has a plan.
  const untouched = services.filter((service) => ['planning', 'planned'].includes(members.of(service).stage));
  await Promise.all(untouched.map((service) => members.tell(service, { word: 'stop', because })));
  await members.until('what is under way', () => services.every((service) => !isMoving(members.of(service))));

  if (onFailure === 'restore') {
    for (const service of services.toReversed().filter(isOpen)) {
      await members.tell(service, { word: 'go-back', because });
      await wholeEnd(service);
    }
    return;
  }
  const changed = services.filter((service) => members.of(service).stage === 'changed');
  for (const service of changed) members.note(service, { stage: 'proving' });
  await Promise.all(changed.map((service) => members.tell(service, { word: 'prove' })));
  await members.until('the proofs', () => services.every((service) => !isMoving(members.of(service))));
  await Promise.all(services.filter(isOpen).map((service) => members.tell(service, { word: 'keep' })));
  await Promise.all(services.filter(isOpen).map(wholeEnd));
}

/** Whether a member is on its way to something that it will say by itself. */
function isMoving(member: GroupMember): boolean {
  return !isLost(member) && ['planning', 'planned', 'changing', 'proving'].includes(member.stage);
}
