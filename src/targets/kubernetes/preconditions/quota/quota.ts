import { shellWord } from '../../../../domain/media/shell.ts';
import type { PreconditionFinding } from '../../../../domain/preconditions/preconditions.ts';
import type { RawObject } from '../../api/resources.ts';
import { quantityText } from '../../template/quantity.ts';
import { findingOf, type Note } from '../finding.ts';
import { known, type Seen, unreadOf } from '../seen.ts';
import { defaultsOf, type LimitRange, refusedByRanges } from './limit-range.ts';
import { type Amounts, amountsIn, type PodSize, sizeOf } from './pod-size.ts';
import type { Replacement } from './replacement.ts';
import { counts, type ResourceQuota } from './scope.ts';
import { unsaid, usageOf } from './usage.ts';

/** The workload's own pods by their `spec`, by what the rollout does with them. */
export interface OwnPods {
  /** Of the pinned version. */
  readonly there: readonly RawObject[];
  /** Of another version, to be replaced. */
  readonly old: readonly RawObject[];
  /** Of another version, and left by the update strategy. */
  readonly staying: readonly RawObject[];
  /** On their way out. */
  readonly ending: readonly RawObject[];
}

export interface QuotaQuestion {
  readonly namespace: string;
  /** The pinned version, for people. */
  readonly version: string;
  /** `spec` of the pinned template. */
  readonly spec: RawObject;
  readonly replacement: Replacement;
  readonly pods: OwnPods;
  /** Objects that the change makes beside pods, by their names in a quota: `count/replicasets.apps`. */
  readonly makes: readonly string[];
}

/** How much of a quota a rollout takes. */
interface Need {
  readonly resource: string;
  readonly hard: bigint;
  readonly used: bigint;
  /** The limit with which the rollout can come to its end. */
  readonly peak: bigint;
  /** After how many new pods it can go no further. */
  readonly after: number;
  /** What one new pod, or object, takes. */
  readonly each: bigint;
}

/**
 * Whether quotas and limits of the namespace let the pinned template's pods be created: those that start beside the old ones, and then
 * all the others, as old pods end. What is predicted is what admission does (ResourceQuota, LimitRanger): no more than the
 * controller needs at least is held against the rollout, so that one that is only slower holds. Pure.
 */
export function judgeQuota(
  question: QuotaQuestion,
  quotas: Seen<readonly ResourceQuota[]>,
  ranges: Seen<readonly LimitRange[]>,
): PreconditionFinding {
  const { version, namespace } = question;
  const size = sizeOf(question.spec, defaultsOf(known(ranges)));
  const refused = newPods(question) === 0 ? [] : refusedByRanges(size, known(ranges), version, namespace);
  const notes = known(quotas).flatMap((quota) => judgeOne(quota, question, size, 'unread' in ranges));
  const none =
    known(quotas).length + known(ranges).length === 0
      ? `namespace ${namespace} has no ResourceQuota and no LimitRange`
      : `no ResourceQuota or LimitRange of namespace ${namespace} counts what the rollout creates`;
  return findingOf('quota', [...refused, ...notes], none, unreadOf([quotas, ranges]));
}

/** @param hasDefaults whether a LimitRange that was not read may set what the template leaves out. */
function judgeOne(
  quota: ResourceQuota,
  question: QuotaQuestion,
  size: PodSize,
  hasDefaults: boolean,
): readonly Note[] {
  const { version, replacement, pods, makes } = question;
  const { name } = quota.metadata;
  // Admission counts by the status; a quota that was made a moment ago has none.
  const hard = amountsIn(quota.status?.hard ?? quota.spec?.hard ?? {});
  const used = amountsIn(quota.status?.used ?? {});
  const made = makes.filter(
    (object) => hard.has(object) && (used.get(object) ?? 0n) >= (hard.get(object) ?? 0n),
  );
  const [object] = made;
  if (object) {
    return [
      {
        state: 'not-met',
        says: `resourcequota/${name} has no room for one more of ${object.replace('count/', '')}, which the change makes`,
        remedy: raise(
          question.namespace,
          name,
          new Map([[object, (used.get(object) ?? 0n) + 1_000_000_000n]]),
        ),
      },
    ];
  }
  const usage = usageOf(size);
  const isMeant = counts(quota, question.spec, size);
  const counted = [...hard.keys()].filter((resource) => usage.has(resource));
  const left = newPods(question);
  if (isMeant === false || left === 0) return [];
  const lacking = unsaid(size, hard.keys());
  if (counted.length === 0 && lacking.length === 0) return [];
  if (isMeant === undefined) {
    return [
      {
        state: 'unknown',
        says: `whether resourcequota/${name} counts pods of ${version} its scopes do not tell here`,
      },
    ];
  }
  if (lacking.length > 0) {
    const wants = `it wants ${lacking.slice(0, 3).join('; ')} to be set`;
    return [
      hasDefaults
        ? {
            state: 'unknown',
            says: `resourcequota/${name} refuses pods of ${version} unless a LimitRange gives them: ${wants}`,
          }
        : { state: 'not-met', says: `resourcequota/${name} refuses every pod of ${version}: ${wants}` },
    ];
  }
  const own = (list: readonly RawObject[]) =>
    list.map((spec) => {
      const each = sizeOf(spec);
      return counts(quota, spec, each) === false ? new Map() : usageOf(each);
    });
  const by = {
    there: own(pods.there),
    old: own(pods.old),
    staying: own(pods.staying),
    ending: own(pods.ending),
  };
  const needs = counted.flatMap((resource) => {
    const [limit = 0n, now = 0n, each = 0n] = [hard.get(resource), used.get(resource), usage.get(resource)];
    return each > 0n ? [needOf({ resource, hard: limit, used: now, each }, by, replacement, left)] : [];
  });
  const stuck = needs.filter(({ peak, hard: limit }) => peak > limit);
  const [worst] = stuck.toSorted((a, b) => a.after - b.after);
  if (worst) {
    const raised = new Map(stuck.map(({ resource, peak }) => [resource, peak]));
    return [
      {
        state: 'not-met',
        says: `resourcequota/${name} allows ${quantityText(worst.hard)} ${worst.resource}, of which ${quantityText(worst.used)} are used; a pod of ${version} takes ${quantityText(worst.each)}, and the rollout would come to a stand after ${worst.after} of ${left} new pods`,
        remedy: raise(question.namespace, name, raised),
      },
    ];
  }
  const active = pods.there.length + pods.old.length + pods.staying.length;
  const beside = Math.min(left, Math.max(0, replacement.wanted + replacement.surge - active));
  const atOnce = needs
    .map(({ hard: limit, used: now, each }) => (limit > now ? Number((limit - now) / each) : 0))
    .reduce((least, one) => Math.min(least, one), beside);
  return [
    {
      state: 'met',
      says:
        atOnce < beside
          ? `resourcequota/${name} lets ${atOnce} of ${beside} new pods start beside the old ones: the rollout takes longer`
          : `resourcequota/${name} has room for the rollout`,
    },
  ];
}

/**
 * The most that is used on the way when new pods are created one at a time, each when as many old ones have ended as may be
 * missing: a controller needs no less.
 */
function needOf(
  { resource, hard, used, each }: Omit<Need, 'peak' | 'after'>,
  by: Readonly<Record<keyof OwnPods, readonly Amounts[]>>,
  { wanted, unavailable }: Replacement,
  left: number,
): Need {
  const of = (list: readonly Amounts[]) => list.map((usage) => usage.get(resource) ?? 0n);
  const sum = (list: readonly bigint[]) => list.reduce((all, one) => all + one, 0n);
  const own = sum([...of(by.there), ...of(by.old), ...of(by.staying), ...of(by.ending)]);
  const others = used > own ? used - own : 0n;
  const fixed = others + sum(of(by.there)) + sum(of(by.staying));
  // Which of them end first nobody knows: the largest are counted as those that stay.
  const old = of(by.old).toSorted((a, b) => (a < b ? 1 : -1));
  let peak = 0n;
  let after = left;
  for (let created = 0; created < left; created += 1) {
    const running = by.there.length + by.staying.length + created;
    const kept = Math.min(old.length, Math.max(0, wanted - unavailable - running));
    const then = fixed + sum(old.slice(0, kept)) + BigInt(created + 1) * each;
    if (then > peak) peak = then;
    if (then > hard) after = Math.min(after, created);
  }
  return { resource, hard, used, each, peak, after };
}

/** Pods that are to be created. */
function newPods({ replacement: { wanted }, pods }: QuotaQuestion): number {
  return Math.max(0, wanted - pods.there.length - pods.staying.length);
}

function raise(namespace: string, name: string, to: Amounts): string {
  const hard = Object.fromEntries([...to].map(([resource, amount]) => [resource, quantityText(amount)]));
  const patch = shellWord(JSON.stringify({ spec: { hard } }));
  return `kubectl patch resourcequota ${shellWord(name)} -n ${shellWord(namespace)} --type merge -p ${patch}`;
}
