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
  const stageOf = (service: string) => members.of(service).stage;
  const isOpen = (service: string) => !['ended', 'waiting'].includes(stageOf(service));
  const wholeEnd = (service: string) =>
    members.until(`${service} to end`, () => stageOf(service) === 'ended');

  // One that is planning hears the word when it has a plan; one that was changed before waits for what becomes of that.
  const planned = services.filter((service) => ['planning', 'planned'].includes(stageOf(service)));
  await Promise.all(planned.map((service) => members.tell(service, { word: 'stop', because })));
  await members.until('what was planned', () =>
    planned.every((service) => ['ended', 'failed'].includes(stageOf(service))),
  );
  await standStill(members);

  if (onFailure !== 'keep') {
    for (const service of services.toReversed().filter(isOpen)) {
      await members.tell(service, { word: 'go-back', because });
      await wholeEnd(service);
    }
    return;
  }
  const changed = services.filter((service) => stageOf(service) === 'changed');
  for (const service of changed) members.note(service, { stage: 'proving' });
  await Promise.all(changed.map((service) => members.tell(service, { word: 'prove' })));
  await standStill(members);
  await Promise.all(services.filter(isOpen).map((service) => members.tell(service, { word: 'keep' })));
  await Promise.all(services.filter(isOpen).map(wholeEnd));
}

/**
 * Leads all members on to their next older known-good version, where the group does that, its members may, and one of them
 * has failed after something was changed.
 * @param times how many times the group has fallen back so far.
 * @returns false when it is not possible.
 */
export async function fallBack(
  members: Members,
  { onFailure, fallBacks }: ResolvedGroup,
  times: number,
  because: string,
): Promise<boolean> {
  if (onFailure !== 'fall-back' || times >= fallBacks) return false;
  const isWhole = () => members.all().every(({ stage }) => stage !== 'ended' && stage !== 'waiting');
  if (!members.all().some(isLost) || !members.all().some(({ change }) => change !== 'none')) return false;
  await standStill(members);
  // One whose run has closed has nothing to fall back with.
  if (!isWhole()) return false;
  for (const { service } of members.all()) members.begin(service);
  await Promise.all(
    members.all().map(({ service }) => members.tell(service, { word: 'fall-back', because })),
  );
  return true;
}

/** Waits until what is under way in the members has come to its end, well or not. */
function standStill(members: Members): Promise<void> {
  return members.until('what is under way', () => !members.all().some(isMoving));
}

/** Whether a member is on its way to something that it will say by itself. */
function isMoving({ stage }: GroupMember): boolean {
  return ['planning', 'changing', 'proving'].includes(stage);
}
