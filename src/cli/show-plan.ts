import type { ShownPlan } from '../domain/plan.ts';

/** The plan for people: what, why, warnings, and the diff of the templates. */
export function showPlan(plan: ShownPlan, write: (line: string) => void): void {
  write('');
  write(`from  ${plan.from.version}  revision ${plan.from.revision}  ${plan.from.image}`);
  write(`to    ${plan.to.version}  revision ${plan.to.revision}  ${plan.to.image}`);
  write(`plan  ${plan.hash.slice(0, 16)}`);
  for (const warning of plan.warnings) write(`note  ${warning}`);
  if (plan.diff) write(`\n${plan.diff.trimEnd()}`);
  if (plan.changesNothing) write('nothing would change');
}
