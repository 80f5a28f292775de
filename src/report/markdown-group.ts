import { code, fenced, type Markdown, md, row, ruler } from '../domain/media/markdown.ts';
import { namesOf, shownHash } from '../domain/versions/plan.ts';
import type { AuditedReport } from './audited-report.ts';

/** Of a group: its plan as one, what became of each member, and where its own record is. */
export function whatBecameOfMembers({ members = [], groupPlan }: AuditedReport): Markdown[] {
  if (members.length === 0) return [];
  return [
    md`## Members`,
    md``,
    ...(groupPlan ? [md`plan ${code(shownHash(groupPlan.hash))}`, md``] : []),
    row('service', 'from', 'to', 'outcome', 'what', 'run', 'record'),
    ruler(7),
    ...members.map(({ service, plan, outcome, stage, summary, workflowId, record }) => {
      const names = plan ? namesOf(plan) : { from: '', to: '' };
      return row(
        service,
        names.from,
        plan?.changesNothing ? md`${names.to} (already there)` : names.to,
        md`**${outcome ?? stage}**`,
        summary ?? '',
        workflowId ? code(workflowId) : '',
        record ? code(record) : '',
      );
    }),
    md``,
    ...members.flatMap(({ service, plan }) => (plan ? planOfMember(service, plan) : [])),
  ];
}

function planOfMember(
  service: string,
  { warnings, diff, settings = [] }: NonNullable<NonNullable<AuditedReport['members']>[number]['plan']>,
): Markdown[] {
  if (warnings.length === 0 && diff === '' && settings.length === 0) return [];
  return [
    md`### Plan of ${service}`,
    md``,
    ...warnings.map((warning) => md`> ${warning}`),
    ...(warnings.length > 0 ? [md``] : []),
    ...(diff ? [...fenced('diff', diff.trimEnd()), md``] : []),
    ...settings.map((setting) => md`- ${code(setting)}`),
    ...(settings.length > 0 ? [md``] : []),
  ];
}
