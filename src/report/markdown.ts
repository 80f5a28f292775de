import { excusedChecks, excusedInWords } from '../domain/ledger/excused.ts';
import { checksOf, impactOf, type LedgerEntry, needOf, wayOf } from '../domain/ledger/ledger.ts';
import { code, documentOf, fenced, type Markdown, md, row, ruler } from '../domain/media/markdown.ts';
import { visibleJson } from '../domain/media/visible.ts';
import { impactMarkdown, needMarkdown } from '../domain/need/need-rendered.ts';
import { describeWaiting } from '../domain/people/waiting.ts';
import { preconditionsMarkdown } from '../domain/preconditions/words.ts';
import type { CheckResult } from '../domain/proof/checks.ts';
import { readCheckResult } from '../domain/proof/recorded-checks.ts';
import { WORKFLOW_ROWS, type WorkflowRow } from '../domain/request/workflow-kinds.ts';
import { STEPS } from '../domain/steps/steps.ts';
import { nameOfCluster } from '../domain/versions/cluster.ts';
import type { ComposeSource } from '../domain/versions/pins.ts';
import { CHOICE_RULES, shownHash } from '../domain/versions/plan.ts';
import { describeWish } from '../domain/versions/targets.ts';
import { nameWithRevision } from '../domain/versions/versions.ts';
import type { AuditedReport } from './audited-report.ts';
import { seconds } from './durations.ts';
import { whatBecameOfMembers } from './markdown-group.ts';
import { brokenGlass, whatPeopleDecided } from './markdown-people.ts';

type Report = AuditedReport;

/** The incident record for people (runbook 7.2), made from the ledger alone. */
export function renderMarkdown(report: Report): string {
  return documentOf([
    ...head(report),
    ...whatWasAsked(report),
    ...whatWasMeasured(report),
    ...whatWasPlanned(report),
    ...whatBecameOfMembers(report),
    ...whatPeopleDecided(report),
    ...whatRan(report),
    ...whatWasProved(report),
    ...evidence(report),
  ]);
}

/** A row of two cells. */
type Pair = readonly [string, string | Markdown];

/** A table of two columns without heads. */
function table(rows: readonly Pair[]): Markdown[] {
  return [md`| | |`, ruler(2), ...rows.map((pair) => row(...pair)), md``];
}

function head(report: Report): Markdown[] {
  const { request, plan, waitingFor, finishedAt, error } = report;
  const service = request ? `${request.service} (${request.environment})` : 'unknown service';
  const rows: Pair[] = [
    ['outcome', md`**${report.outcome}**`],
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
  rows.push(['workflow', md`${code(report.workflowId)} run ${code(report.runId)}`]);
  const excused = excusedChecks(report);
  if (excused.length > 0) rows.push(['not passed', md`**${excusedInWords(excused)}**`]);
  if (error) rows.push(['error', `${error.type}: ${error.message}`]);
  return [
    md`# ${WORKFLOW_ROWS[report.workflow].heading} of ${service}: ${report.outcome}`,
    md``,
    ...brokenGlass(report),
    ...table(rows),
  ];
}

function whatWasAsked({ request, workflow }: Report): Markdown[] {
  if (!request) return [];
  const rows: Pair[] = [
    ...(isRollback(workflow) ? [['target', describeWish(request.wish)] as Pair] : []),
    ['reason', request.reason || 'not given'],
    ['incident', request.incident || 'not given'],
    ['requested by', request.requestedBy || 'not given'],
    ...(request.breakGlass ? [['break-glass', request.breakGlass] as Pair] : []),
    ['configuration', `profile ${request.profile}`],
  ];
  const list = (title: string, items: readonly string[]) =>
    items.length > 0 ? [md`### ${title}`, md``, ...items.map((item) => md`- ${item}`), md``] : [];
  return [
    md`## What was asked`,
    md``,
    ...table(rows),
    ...list('Symptoms', request.symptoms),
    ...list('Tried before', request.mitigationsTried),
  ];
}

function isRollback(workflow: Report['workflow']): boolean {
  const row: WorkflowRow = WORKFLOW_ROWS[workflow];
  return row.plans;
}

/** Runbook 1 and 7.1: is it the release, and the same numbers after the rollback. */
function whatWasMeasured(report: Report): Markdown[] {
  const need = needOf(report);
  const impact = impactOf(report);
  return [
    ...(need ? [md`## Is it the release`, md``, ...needMarkdown(need), md``] : []),
    ...(impact ? [md`### Before and after`, md``, ...impactMarkdown(impact), md``] : []),
  ];
}

/** Runbook 2. */
function whatHasToHold({ preconditions = [] }: NonNullable<Report['plan']>): readonly Markdown[] {
  if (preconditions.length === 0) return [];
  return [md`What has to hold before the change:`, md``, ...preconditionsMarkdown(preconditions), md``];
}

function whatWasPlanned({ plan, ledger }: Report): Markdown[] {
  if (!plan) return [];
  const basis = {
    'known-good': `known-good, verified ${plan.verifiedAt}`,
    'rolled-back-before': 'an earlier rollback put it there',
    'previous-without-evidence': 'the version before; none has known-good evidence',
    asked: 'asked for',
    snapshot: 'what ran before the rollback',
  }[plan.basis];
  const rows: Pair[] = [
    ['from', md`${nameWithRevision(plan.from)}, ${code(plan.from.image)}`],
    ['to', md`${nameWithRevision(plan.to)}, ${code(plan.to.image)}`],
    ['why', basis],
    ...(plan.rule ? [['rule', CHOICE_RULES[plan.rule]] as Pair] : []),
    ['pinned', pinned(plan.pin.source)],
    ['plan', code(shownHash(plan.hash))],
  ];
  return [
    md`## What was planned`,
    md``,
    ...table(rows),
    ...earlierPlans(ledger),
    ...plan.warnings.map((warning) => md`> ${warning}`),
    ...(plan.warnings.length > 0 ? [md``] : []),
    ...whatHasToHold(plan),
    ...(plan.diff ? [...fenced('diff', plan.diff.trimEnd()), md``] : []),
    ...settingsOf(plan),
  ];
}

/** A run that was led elsewhere has made several plans: what stands above is the last one. */
function earlierPlans(ledger: readonly LedgerEntry[]): Markdown[] {
  const made = ledger.filter(({ step, outcome }) => step === 'plan' && outcome === 'completed');
  if (made.length < 2) return [];
  const items = made.map(({ finishedAt, summary }) => md`- ${finishedAt} ${summary}`);
  return [md`### All plans of this run`, md``, ...items, md``];
}

function composePinned({ image, digest, imageId, files }: ComposeSource): Markdown {
  const exact = digest ?? imageId;
  const content = files ? ` with ${files.length} ${files.length === 1 ? 'file' : 'files'} by content` : '';
  return md`image ${code(image)}${exact ? `, ${exact}` : ''}${content}`;
}

function settingsOf({ settings = [] }: NonNullable<Report['plan']>): readonly Markdown[] {
  if (settings.length === 0) return [];
  return [md`Settings that change:`, md``, ...settings.map((line) => md`- ${code(line)}`), md``];
}

function pinned(source: NonNullable<Report['plan']>['pin']['source']): Markdown {
  switch (source.kind) {
    case 'replica-set':
      return md`template of replicaset/${source.name} (uid ${source.uid})`;
    case 'controller-revision':
      return md`template of controllerrevision/${source.name} (uid ${source.uid})`;
    case 'pod-template':
      return md`template in podtemplate/${source.name} (uid ${source.uid})`;
    case 'image':
      return md`image ${code(source.image)} in container ${source.container}`;
    case 'config-map':
      return md`template in configmap/${source.name} (uid ${source.uid})`;
    case 'live':
      return md`what is live already`;
    case 'compose':
      return composePinned(source);
  }
}

function whatRan(report: Report): Markdown[] {
  return [
    md`## What ran`,
    md``,
    row('at', 'step', '', 'what', 'took', 'attempts'),
    ruler(6),
    ...report.ledger.map(ledgerRow),
    md``,
  ];
}

function ledgerRow(entry: LedgerEntry): Markdown {
  return row(
    entry.startedAt,
    `${STEPS[entry.step].title}${receiverOf(entry)}`,
    entry.verdict ?? entry.outcome,
    entry.summary,
    seconds(entry.startedAt, entry.finishedAt),
    String(entry.attempts),
  );
}

function receiverOf({ receiver, about }: LedgerEntry): string {
  const parts = [receiver, about].filter((part) => part !== undefined);
  return parts.length > 0 ? ` (${parts.join(', ')})` : '';
}

const AS_BEFORE = md` (as on the known-good version: no proof against the rollback)`;

function whatWasProved(report: Report): Markdown[] {
  const checks = checksOf(report);
  if (checks.length === 0) return [];
  const rows = checks.map(({ check, verdict, failedBefore, inARow, needed, summary }) => {
    return row(
      check,
      md`**${verdict}**${failedBefore ? AS_BEFORE : ''}`,
      `${inARow} of ${needed} in a row`,
      summary,
    );
  });
  return [md`## What was proved`, md``, row('check', 'verdict', 'good', 'what'), ruler(4), ...rows, md``];
}

function evidence(report: Report): Markdown[] {
  return checksOf(report).map(readCheckResult).flatMap(evidenceOfCheck);
}

function evidenceOfCheck(check: CheckResult): Markdown[] {
  return [
    md`### Evidence: ${check.check}`,
    md``,
    md`${check.samples} probes; the last ones:`,
    md``,
    ...check.evidence.map(
      (sample) => md`- ${sample.at} ${sample.verdict} (${sample.ms} ms): ${sample.observed}`,
    ),
    ...(Object.keys(check.values).length > 0 ? [md``, ...fenced('json', visibleJson(check.values, 2))] : []),
    md``,
  ];
}
