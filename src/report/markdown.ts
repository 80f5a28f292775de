import type { CheckResult } from '../domain/checks.ts';
import { checksOf, type LedgerEntry, type RunReport } from '../domain/ledger.ts';
import type { ComposeSource } from '../domain/pins.ts';
import { STEPS } from '../domain/steps.ts';
import { describeWish } from '../domain/targets.ts';
import { nameWithRevision } from '../domain/versions.ts';
import { seconds } from './durations.ts';

/** The incident record for people (runbook section 7.2), made from the ledger alone. */
export function renderMarkdown(report: RunReport): string {
  return [
    ...head(report),
    ...whatWasAsked(report),
    ...whatWasPlanned(report),
    ...whatRan(report),
    ...whatWasProved(report),
    ...evidence(report),
  ].join('\n');
}

function head(report: RunReport): string[] {
  const { request, plan } = report;
  const service = request ? `${request.service} (${request.environment})` : 'unknown service';
  const kind = report.workflow === 'rollback' ? 'Rollback' : 'Verification';
  const rows: [string, string][] = [
    ['outcome', `**${report.outcome}**`],
    ['summary', report.summary],
    ...(plan ? [['versions', `${plan.from.version} → ${plan.to.version}`] as [string, string]] : []),
    ...(request ? [['workload', request.workload] as [string, string]] : []),
    ['started', report.startedAt],
    ['finished', report.finishedAt ?? 'still running'],
    ...(report.finishedAt
      ? [['took', seconds(report.startedAt, report.finishedAt)] as [string, string]]
      : []),
    ['workflow', `\`${report.workflowId}\` run \`${report.runId}\``],
    ...(report.error ? [['error', `${report.error.type}: ${report.error.message}`] as [string, string]] : []),
  ];
  return [`# ${kind} of ${service}: ${report.outcome}`, '', '| | |', '|---|---|', ...rows.map(row), ''];
}

function whatWasAsked({ request, workflow }: RunReport): string[] {
  if (!request) return [];
  const rows: [string, string][] = [
    ...(workflow === 'rollback' ? [['target', describeWish(request.wish)] as [string, string]] : []),
    ['reason', request.reason || 'not given'],
    ['incident', request.incident || 'not given'],
    ['requested by', request.requestedBy || 'not given'],
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

function whatWasPlanned({ plan }: RunReport): string[] {
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
    ['pinned', pinned(plan.pin.source)],
    ['plan', `\`${plan.hash.slice(0, 16)}\``],
  ];
  return [
    '## What was planned',
    '',
    '| | |',
    '|---|---|',
    ...rows.map(row),
    '',
    ...plan.warnings.map((warning) => `> ${line(warning)}`),
    ...(plan.warnings.length > 0 ? [''] : []),
    ...(plan.diff ? fenced('diff', plan.diff.trimEnd()) : []),
  ];
}

function composePinned({ image, digest, imageId, files }: ComposeSource): string {
  const exact = digest ?? imageId;
  const content = files ? ` with ${files.length} ${files.length === 1 ? 'file' : 'files'} by content` : '';
  return `image \`${image}\`${exact ? `, ${exact}` : ''}${content}`;
}

function pinned(source: NonNullable<RunReport['plan']>['pin']['source']): string {
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

function whatRan(report: RunReport): string[] {
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
  const title = `${STEPS[entry.step].title}${entry.receiver ? ` (${entry.receiver})` : ''}`;
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

function whatWasProved(report: RunReport): string[] {
  const checks = checksOf(report);
  if (checks.length === 0) return [];
  const rows = checks.map((check) => {
    const before = check.failedBefore ? ' (as on the known-good version: no proof against the rollback)' : '';
    return `| ${check.check} | **${check.verdict}**${before} | ${check.inARow} of ${check.needed} in a row | ${cell(check.summary)} |`;
  });
  return ['## What was proved', '', '| check | verdict | good | what |', '|---|---|---|---|', ...rows, ''];
}

function evidence(report: RunReport): string[] {
  return checksOf(report).flatMap(evidenceOfCheck);
}

function evidenceOfCheck(check: CheckResult): string[] {
  return [
    `### Evidence: ${check.check}`,
    '',
    `${check.samples} looks; the last ones:`,
    '',
    ...check.evidence.map(
      (sample) => `- ${sample.at} ${sample.verdict} (${sample.ms} ms): ${line(sample.saw)}`,
    ),
    ...(Object.keys(check.values).length > 0
      ? ['', '```json', JSON.stringify(check.values, null, 2), '```']
      : []),
    '',
  ];
}

function row([name, value]: readonly [string, string]): string {
  return `| ${name} | ${cell(value)} |`;
}

/** Text from outside must not end a table cell. */
function cell(text: string): string {
  return line(text).replaceAll('|', '\\|');
}

/** One line of text from outside, which starts no link, image or HTML of its own. */
function line(text: string): string {
  return text
    .replaceAll(/\s*[\r\n\u2028\u2029]\s*/g, ' ')
    .replaceAll(/[\\[\]]/g, '\\$&')
    .replaceAll('<', '&lt;');
}

/** A code block whose fence is longer than any inside it. */
function fenced(language: string, text: string): string[] {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return [`${fence}${language}`, text, fence, ''];
}
