import type { CheckResult } from '../domain/checks.ts';
import { nameOfCluster } from '../domain/cluster.ts';
import { excusedChecks, excusedInWords } from '../domain/excused.ts';
import { checksOf, type LedgerEntry, wayOf } from '../domain/ledger.ts';
import type { ComposeSource } from '../domain/pins.ts';
import { CHOICE_RULES, shownHash } from '../domain/plan.ts';
import { readCheckResult } from '../domain/recorded-checks.ts';
import { STEPS } from '../domain/steps.ts';
import { describeWish } from '../domain/targets.ts';
import { nameWithRevision } from '../domain/versions.ts';
import { describeWaiting } from '../domain/waiting.ts';
import type { AuditedReport } from './audited-report.ts';
import { seconds } from './durations.ts';
import { brokenGlass, whatPeopleDecided } from './markdown-people.ts';
import { cell, fenced, line, row } from './markdown-text.ts';

type Report = AuditedReport;

/** The incident record for people (runbook 7.2), made from the ledger alone. */
export function renderMarkdown(report: Report): string {
  return [
    ...head(report),
    ...whatWasAsked(report),
    ...whatWasPlanned(report),
    ...whatPeopleDecided(report),
    ...whatRan(report),
    ...whatWasProved(report),
    ...evidence(report),
  ].join('\n');
}

const KINDS: Readonly<Record<Report['workflow'], string>> = {
  rollback: 'Rollback',
  verify: 'Verification',
  followThrough: 'Follow-through',
};

function head(report: Report): string[] {
  const { request, plan, waitingFor, finishedAt, error } = report;
  const service = request ? `${request.service} (${request.environment})` : 'unknown service';
  const rows: [string, string][] = [
    ['outcome', `**${report.outcome}**`],
    ['summary', report.summary],
  ];
  if (waitingFor) rows.push(['waits for', describeWaiting(waitingFor)]);
  if (plan) rows.push(['versions', wayOf(report)]);
  if (request) rows.push(['workload', request.workload]);
  const cluster = plan?.cluster ?? request?.cluster;
  if (cluster) rows.push(['cluster', nameOfCluster(cluster)]);
  if (request?.severity) rows.push(['severity', request.severity]);
  rows.push(['started', report.startedAt], ['finished', finishedAt ?? 'still running']);
  if (finishedAt) rows.push(['took', seconds(report.startedAt, finishedAt)]);
  rows.push(['workflow', `\`${report.workflowId}\` run \`${report.runId}\``]);
  const excused = excusedChecks(report);
  if (excused.length > 0) rows.push(['not passed', `**${excusedInWords(excused)}**`]);
  if (error) rows.push(['error', `${error.type}: ${error.message}`]);
  return [
    `# ${KINDS[report.workflow]} of ${service}: ${report.outcome}`,
    '',
    ...brokenGlass(report),
    ...['| | |', '|---|---|', ...rows.map(row), ''],
  ];
}

function whatWasAsked({ request, workflow }: Report): string[] {
  if (!request) return [];
  const rows: [string, string][] = [
    ...(workflow === 'rollback' ? [['target', describeWish(request.wish)] as [string, string]] : []),
    ['reason', request.reason || 'not given'],
    ['incident', request.incident || 'not given'],
    ['requested by', request.requestedBy || 'not given'],
    ...(request.breakGlass ? [['break-glass', request.breakGlass] as [string, string]] : []),
    ['configuration', `profile ${request.profile}`],
  ];
  const list = (title: string, items: readonly string[]) =>
    items.length > 0 ? [`### ${title}`, '', ...items.map((item) => `- ${line(item)}`), ''] : [];
  return [
    '## What was asked',
    '',
    '| | |',
    '|---|---|',
    ...rows.map(row),
    '',
    ...list('Symptoms', request.symptoms),
    ...list('Tried before', request.mitigationsTried),
  ];
}

function whatWasPlanned({ plan, ledger }: Report): string[] {
  if (!plan) return [];
  const basis = {
    'known-good': `known-good, verified ${plan.verifiedAt}`,
    'rolled-back-before': 'an earlier rollback put it there',
    'previous-without-evidence': 'the version before; none has known-good evidence',
    asked: 'asked for',
    snapshot: 'what ran before the rollback',
  }[plan.basis];
  const rows: [string, string][] = [
    ['from', `${nameWithRevision(plan.from)}, \`${plan.from.image}\``],
    ['to', `${nameWithRevision(plan.to)}, \`${plan.to.image}\``],
    ['why', basis],
    ...(plan.rule ? [['rule', CHOICE_RULES[plan.rule]] as [string, string]] : []),
    ['pinned', pinned(plan.pin.source)],
    ['plan', `\`${shownHash(plan.hash)}\``],
  ];
  return [
    '## What was planned',
    '',
    '| | |',
    '|---|---|',
    ...rows.map(row),
    '',
    ...earlierPlans(ledger),
    ...plan.warnings.map((warning) => `> ${line(warning)}`),
    ...(plan.warnings.length > 0 ? [''] : []),
    ...(plan.diff ? fenced('diff', plan.diff.trimEnd()) : []),
  ];
}

/** A run that was led elsewhere has made several plans: what stands above is the last one. */
function earlierPlans(ledger: readonly LedgerEntry[]): string[] {
  const made = ledger.filter(({ step, outcome }) => step === 'plan' && outcome === 'completed');
  if (made.length < 2) return [];
  const items = made.map(({ finishedAt, summary }) => `- ${finishedAt} ${line(summary)}`);
  return ['### All plans of this run', '', ...items, ''];
}

function composePinned({ image, digest, imageId, files }: ComposeSource): string {
  const exact = digest ?? imageId;
  const content = files ? ` with ${files.length} ${files.length === 1 ? 'file' : 'files'} by content` : '';
  return `image \`${image}\`${exact ? `, ${exact}` : ''}${content}`;
}

function pinned(source: NonNullable<Report['plan']>['pin']['source']): string {
  switch (source.kind) {
    case 'replica-set':
      return `template of replicaset/${source.name} (uid ${source.uid})`;
    case 'image':
      return `image \`${source.image}\` in container ${source.container}`;
    case 'config-map':
      return `template in configmap/${source.name} (uid ${source.uid})`;
    case 'live':
      return 'what is live already';
    case 'compose':
      return composePinned(source);
  }
}

function whatRan(report: Report): string[] {
  return [
    '## What ran',
    '',
    '| at | step | | what | took | attempts |',
    '|---|---|---|---|---|---|',
    ...report.ledger.map(ledgerRow),
    '',
  ];
}

function ledgerRow(entry: LedgerEntry): string {
  const title = `${STEPS[entry.step].title}${receiverOf(entry)}`;
  const cells = [
    entry.startedAt,
    title,
    entry.verdict ?? entry.outcome,
    cell(entry.summary),
    seconds(entry.startedAt, entry.finishedAt),
    String(entry.attempts),
  ];
  return `| ${cells.join(' | ')} |`;
}

function receiverOf({ receiver, about }: LedgerEntry): string {
  const parts = [receiver, about].filter((part) => part !== undefined);
  return parts.length > 0 ? ` (${parts.join(', ')})` : '';
}

function whatWasProved(report: Report): string[] {
  const checks = checksOf(report);
  if (checks.length === 0) return [];
  const rows = checks.map((check) => {
    const before = check.failedBefore ? ' (as on the known-good version: no proof against the rollback)' : '';
    return `| ${check.check} | **${check.verdict}**${before} | ${check.inARow} of ${check.needed} in a row | ${cell(check.summary)} |`;
  });
  return ['## What was proved', '', '| check | verdict | good | what |', '|---|---|---|---|', ...rows, ''];
}

function evidence(report: Report): string[] {
  return checksOf(report).map(readCheckResult).flatMap(evidenceOfCheck);
}

function evidenceOfCheck(check: CheckResult): string[] {
  return [
    `### Evidence: ${check.check}`,
    '',
    `${check.samples} probes; the last ones:`,
    '',
    ...check.evidence.map(
      (sample) => `- ${sample.at} ${sample.verdict} (${sample.ms} ms): ${line(sample.observed)}`,
    ),
    ...(Object.keys(check.values).length > 0
      ? ['', '```json', JSON.stringify(check.values, null, 2), '```']
      : []),
    '',
  ];
}
