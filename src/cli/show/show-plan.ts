import type { GroupPlan } from '../../domain/ledger/group.ts';
import type { NeedAssessment } from '../../domain/need/assessment.ts';
import { needLines } from '../../domain/need/need-rendered.ts';
import { preconditionLines } from '../../domain/preconditions/words.ts';
import { nameOfCluster } from '../../domain/versions/cluster.ts';
import { CHOICE_RULES, type ShownPlan, shownHash } from '../../domain/versions/plan.ts';
import { nameWithRevision } from '../../domain/versions/versions.ts';
import type { Printer } from './terminal.ts';

/** The plan for people: what, why, warnings, and the diff of the templates. */
export function showPlan(plan: ShownPlan, { line, text }: Printer): void {
  line('');
  if (plan.cluster) line(`on    ${nameOfCluster(plan.cluster)}`);
  line(`from  ${nameWithRevision(plan.from)}  ${plan.from.image}`);
  line(`to    ${nameWithRevision(plan.to)}  ${plan.to.image}`);
  if (plan.rule) line(`rule  ${CHOICE_RULES[plan.rule]}`);
  line(`plan  ${shownHash(plan.hash)}`);
  for (const warning of plan.warnings) line(`note  ${warning}`);
  const held = (plan.preconditions ?? []).filter(({ follows }) => follows === undefined);
  for (const said of preconditionLines(held)) line(`holds ${said}`);
  if (plan.diff) text(`\n${plan.diff.trimEnd()}\n`);
  for (const setting of plan.settings ?? []) line(`set   ${setting}`);
  if (plan.changesNothing) line('nothing would change');
}

/** The plans of a group, each under its service. */
export function showGroupPlan({ hash, members }: GroupPlan, printer: Printer): void {
  for (const { service, plan } of members) {
    printer.line('');
    printer.line(service);
    showPlan(plan, printer);
  }
  printer.line('');
  printer.line(`plan of the group  ${shownHash(hash)}`);
}

/** Whether it is the release, and each number behind it. */
export function showNeed(need: NeedAssessment, { line }: Printer): void {
  line('');
  for (const said of needLines(need)) line(`need  ${said}`);
}
