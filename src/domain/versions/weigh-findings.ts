import { type Finding, findingLines } from './findings.ts';
import type { Plan } from './plan.ts';

/** So many are named in a message; the rest is counted. */
const MOST_NAMED = 5;
/** So many are kept with a plan, the gravest first: it goes into workflow history. */
const MOST_KEPT = 20;

/** What a plan whose config does not keep every critical rule comes to. */
export type Weighed =
  | {
      readonly plan: Plan;
      /** Empty where every rule is kept. */
      readonly findings: readonly Finding[];
    }
  /** Why it is not carried out, and what to do. */
  | { readonly refused: string; readonly remedy: string };

/**
 * What follows from the critical rules that the config of a plan does not keep: it is refused, or they are told with it, as
 * warnings that its hash covers. What a restore brings back ran before, and nothing keeps it from coming back; who starts a
 * rollback with `force` has said why. Pure.
 */
export function weighFindings(
  plan: Plan,
  findings: readonly Finding[],
  { force = false }: { readonly force?: boolean } = {},
): Weighed {
  if (findings.length === 0) return { plan, findings };
  const isRestore = plan.pin.purpose === 'restore';
  const blocking = findings.filter(({ on }) => on === 'block');
  if (blocking.length > 0 && !isRestore && !force) {
    return {
      refused: `${plan.to.version} would run with critical settings that are wrong: ${named(blocking)}`,
      remedy: `${mendingOf(plan, blocking)}choose another target, or start again with force and a reason; what a rule leads to is config.critical of the profile`,
    };
  }
  const isDecided = isRestore || force;
  const kept = findings.slice(0, MOST_KEPT);
  const left = findings.length - kept.length;
  const prefixOf = ({ on }: Finding) => {
    if (on === 'warn' || isRestore) return '';
    return force ? 'forced: ' : 'to be decided: ';
  };
  const lines = kept.map((finding) => `${prefixOf(finding)}${findingLines([finding]).join('')}`);
  const more = left > 0 ? [`${left} more settings do not keep critical rules`] : [];
  return {
    plan: { ...plan, warnings: [...plan.warnings, ...lines, ...more] },
    findings: isDecided ? kept.map((finding) => ({ ...finding, on: 'warn' as const })) : kept,
  };
}

/** Whether mending it helps: what comes back from a copy is what it was. */
function mendingOf({ pin }: Plan, findings: readonly Finding[]): string {
  const copies = pin.target === 'kubernetes' ? (pin.copies ?? []) : [];
  const returns = copies.map(({ reference }) => reference);
  const isMendable = findings.some(({ object }) => !returns.includes(object));
  return isMendable ? 'mend the setting, ' : 'it comes back as it was proved, and cannot be mended: ';
}

/** What somebody has to decide before a plan is carried out, in words; undefined: nothing. Pure. */
export function questionOf({
  findings = [],
}: {
  readonly findings?: readonly Finding[];
}): string | undefined {
  const asked = findings.filter(({ on }) => on === 'ask');
  if (asked.length === 0) return undefined;
  return `critical settings to be decided: ${named(asked)}: go-on carries the plan out all the same`;
}

function named(findings: readonly Finding[]): string {
  const lines = findingLines(findings.slice(0, MOST_NAMED));
  const more = findings.length - lines.length;
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}
