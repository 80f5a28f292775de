import { nameOfCluster } from '../domain/cluster.ts';
import { CHOICE_RULES, type ShownPlan, shownHash } from '../domain/plan.ts';
import { nameWithRevision } from '../domain/versions.ts';

/** The plan for people: what, why, warnings, and the diff of the templates. */
export function showPlan(plan: ShownPlan, write: (line: string) => void): void {
  write('');
  if (plan.cluster) write(`on    ${nameOfCluster(plan.cluster)}`);
  write(`from  ${nameWithRevision(plan.from)}  ${plan.from.image}`);
  write(`to    ${nameWithRevision(plan.to)}  ${plan.to.image}`);
  if (plan.rule) write(`rule  ${CHOICE_RULES[plan.rule]}`);
  write(`plan  ${shownHash(plan.hash)}`);
  for (const warning of plan.warnings) write(`note  ${warning}`);
  if (plan.diff) write(`\n${plan.diff.trimEnd()}`);
  if (plan.changesNothing) write('nothing would change');
}
