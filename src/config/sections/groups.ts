import * as z from 'zod';
import { closest } from '../../domain/closest.ts';
import { approvalProblem } from '../../domain/people/group-policy.ts';
import { GROUP_ORDERS, ON_FAILURE } from '../../domain/request/group.ts';
import { section } from '../../schema-parts/parts.ts';
import type { Fault } from '../faults.ts';
import type { GroupProfile, ServiceProfile } from '../profile.ts';

/** A run waits for each of its members: more of them make no group that people can look at. */
const MOST_MEMBERS = 10;

const groupSchema = section({
  members: z
    .array(z.string())
    .min(2, 'expected at least two services')
    .max(MOST_MEMBERS)
    .describe(
      'The services that go back together, by their names in this file, in the order in which they are changed. All of one target kind and one environment.',
    ),
  order: z
    .enum(GROUP_ORDERS)
    .default('sequential')
    .describe(
      '`sequential`: one is changed when the one before it runs; `parallel`: all at once. They are proved together in either case, when all are changed.',
    ),
  onFailure: z
    .enum(ON_FAILURE)
    .default('restore')
    .describe(
      'What becomes of the members that were changed when another one fails for good: `restore` brings back what ran before, in the reverse order; `keep` leaves each where it is, and says where; `fall-back` lets all go on together to the next older known-good version of each, as often as every member may (decisions.fallBacks), and restores where that is not possible.',
    ),
});

/** The section `groups:`. */
export const groupsSchema = z
  .record(
    z
      .string()
      .regex(
        /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/,
        'expected the name of a group: lower case letters, digits and -',
      ),
    groupSchema,
  )
  .default({})
  .describe('Services that are rolled back together, in one run (decision 27), by the name of the group.');

type GroupEntries = z.output<typeof groupsSchema>;

export function groupsOf(entries: GroupEntries): Readonly<Record<string, GroupProfile>> {
  return Object.fromEntries(Object.entries(entries).map(([name, entry]) => [name, { name, ...entry }]));
}

/** What is wrong between groups and services. */
export function groupFaults(
  groups: GroupEntries,
  services: Readonly<Record<string, ServiceProfile>>,
): readonly Fault[] {
  return Object.entries(groups).flatMap(([name, { members }]): readonly Fault[] => {
    const at = ['groups', name];
    const isService = Object.hasOwn(services, name);
    const taken = isService
      ? [{ path: at, message: 'a service has this name: a run is started by one of them', atKey: true }]
      : [];
    const approvals = members.flatMap((member) =>
      Object.hasOwn(services, member) ? (services[member]?.policy.approval ?? []) : [],
    );
    const unapproved = approvals.length > 1 ? approvalProblem(approvals) : undefined;
    return [
      ...taken,
      ...(unapproved ? [{ path: [...at, 'members'], message: unapproved }] : []),
      ...members.flatMap((member, index): readonly Fault[] => {
        const message = memberProblem(member, members.slice(0, index), services);
        return message ? [{ path: [...at, 'members', index], message }] : [];
      }),
    ];
  });
}

/** Why a service cannot be a member beside those before it. */
function memberProblem(
  name: string,
  before: readonly string[],
  services: Readonly<Record<string, ServiceProfile>>,
): string | undefined {
  const profileOf = (service: string) => (Object.hasOwn(services, service) ? services[service] : undefined);
  const profile = profileOf(name);
  if (!profile) {
    const meant = closest(name, Object.keys(services));
    return `not a service of this file${meant ? `, did you mean ${meant}?` : ` (known: ${Object.keys(services).join(', ')})`}`;
  }
  if (before.includes(name)) return 'named twice';
  const others = before.map(profileOf).filter((other) => other !== undefined);
  const [first] = others;
  if (!first) return undefined;
  if (first.target.kind !== profile.target.kind) {
    return `is rolled back on ${profile.target.kind}, and ${first.name} on ${first.target.kind}: the members of a group are of one kind`;
  }
  if (first.environment !== profile.environment) {
    return `is of another environment than ${first.name}: a run is of one`;
  }
  const same = others.find((other) => isSameWorkload(other, profile));
  if (same) return `is the same workload as ${same.name}`;
  const beside = others.find((other) => isSameProject(other, profile));
  return beside
    ? `is of the same Compose project as ${beside.name}: the change of one is a change of the files that the other's plan was made on`
    : undefined;
}

function isSameWorkload({ target: one }: ServiceProfile, { target: other }: ServiceProfile): boolean {
  if (one.kind !== 'kubernetes' || other.kind !== 'kubernetes') return false;
  const identity = ({ kubeconfig, context, namespace, deployment, statefulSet, daemonSet }: typeof one) =>
    JSON.stringify([kubeconfig, context, namespace, deployment, statefulSet, daemonSet]);
  return identity(one) === identity(other);
}

function isSameProject({ target: one }: ServiceProfile, { target: other }: ServiceProfile): boolean {
  return one.kind === 'compose' && other.kind === 'compose' && one.directory === other.directory;
}
