import { type Markdown, md, row, ruler } from '../domain/media/markdown.ts';
import type { AuditedEvent, AuditedReport } from './audited-report.ts';

/** The mark of a run that went on without the approval that its service requires. */
export function brokenGlass({ events = [] }: AuditedReport): Markdown[] {
  const broken = events.find(({ kind }) => kind === 'break-glass');
  if (!broken) return [];
  const { by, reason = 'no reason given' } = broken;
  return [md`**BREAK-GLASS**: ${reason}${by ? md` (${by})` : ''}`, md``];
}

/** What happened beside the steps. Who really sent it stands there only when history was asked. */
export function whatPeopleDecided({ events = [] }: AuditedReport): Markdown[] {
  if (events.length === 0) return [];
  const isAudited = events.some(({ sentBy }) => sentBy !== undefined);
  const columns = ['at', 'who', 'what', 'reason', ...(isAudited ? ['sent by'] : [])];
  return [
    md`## What people decided`,
    md``,
    row(...columns),
    ruler(columns.length),
    ...events.map((event) => eventRow(event, isAudited)),
    md``,
  ];
}

function eventRow({ at, by, kind, summary, reason, sentBy }: AuditedEvent, isAudited: boolean): Markdown {
  const cells = [at, by ?? 'the run', md`${kind}: ${summary}`, reason ?? ''];
  return row(...cells, ...(isAudited ? [sentBy ?? ''] : []));
}
