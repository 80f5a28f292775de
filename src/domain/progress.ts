import type { LedgerEntry, RunReport } from './ledger.ts';
import { STEPS, type StepId } from './steps.ts';

const MARKS: Readonly<Record<LedgerEntry['outcome'], string>> = {
  completed: '✓',
  failed: '✗',
  cancelled: '⊘',
};

/** Cells of a Markdown table must not break it. */
function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ').slice(0, 200);
}

/** The run as Markdown: what the Temporal UI shows as the workflow's current details. Limit there: 20,000 bytes. */
export function detailsOf(report: RunReport, running: readonly StepId[]): string {
  const { request, plan } = report;
  const title = request ? `**${request.service}** (${request.environment})` : '**rollback runbook**';
  const change = plan ? `${plan.from.version} → ${plan.to.version}` : '';
  const state = [report.outcome, cell(report.summary) || change].filter(Boolean).join(', ');
  const rows = report.ledger.map(
    (entry) =>
      `| ${MARKS[entry.outcome]} | ${STEPS[entry.step].title} | ${cell(entry.error?.message ?? entry.summary)} |`,
  );
  const now = running.map((step) => `| … | ${STEPS[step].title} | running |`);
  return [`${title}: ${state}`, '', '| | step | what |', '|---|---|---|', ...rows, ...now].join('\n');
}
