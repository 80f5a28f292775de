import type { RunbookConfig } from '../../config/profile.ts';

/** A receiver of a group: that of a member, under a name that no other receiver of the group has. */
export interface GroupReceiver {
  /** As the run of the group calls it. */
  readonly name: string;
  readonly service: string;
  /** As the member's profile calls it. */
  readonly receiver: string;
}

/** Whom the run of a group tells: the receivers of its members, each once, however many members have it. */
export function receiversOfGroup(
  { groups, services }: RunbookConfig,
  name: string,
): readonly GroupReceiver[] {
  const found = new Map<string, GroupReceiver>();
  const names = new Set<string>();
  for (const service of groups[name]?.members ?? []) {
    for (const { name: receiver, ...settings } of services[service]?.notify ?? []) {
      const identity = JSON.stringify(settings);
      if (found.has(identity)) continue;
      const own = names.has(receiver) ? `${service}-${receiver}` : receiver;
      names.add(own);
      found.set(identity, { name: own, service, receiver });
    }
  }
  return [...found.values()];
}
