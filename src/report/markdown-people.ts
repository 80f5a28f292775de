import type { AuditedEvent, AuditedReport } from './audited-report.ts';
import { cell, line } from './markdown-text.ts';

/** The mark of a run that went on without the approval that its service requires. */
export function brokenGlass({ events = [] }: AuditedReport): string[] {
  const broken = events.find(({ kind }) => kind === 'break-glass');
  if (!broken) return [];
  const { by, reason = 'no reason given' } = broken;
  return [`**BREAK-GLASS**: ${line(reason)}${by ? ` (${line(by)})` : ''}`, ''];
}

/** What happened beside the steps. Who really sent it stands there only when history was asked. */
export function whatPeopleDecided({ events = [] }: AuditedReport): string[] {
  if (events.length === 0) return [];
  const isAudited = events.some(({ sentBy }) => sentBy !== undefined);
  const columns = ['at', 'who', 'what', 'reason', ...(isAudited ? ['sent by'] : [])];
  return [
    '## What people decided',
    '',
    `| ${columns.join(' | ')} |`,
    `|${'---|'.repeat(columns.length)}`,
    ...events.map((event) => eventRow(event, isAudited)),
    '',
  ];
}

function eventRow({ at, by, kind, summary, reason, sentBy }: AuditedEvent, isAudited: boolean): string {
  const cells = [
    at,
    cell(by ?? 'the run'),
    `${kind}: ${cell(summary)}`,
    cell(reason ?? ''),
    ...(isAudited ? [cell(sentBy ?? '')] : []),
  ];
  return `| ${cells.join(' | ')} |`;
}
