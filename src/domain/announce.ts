import { checksOf, type RunOutcome, type RunReport } from './ledger.ts';

/** One message about a run, in words: runbook section 7.1. */
export interface Announcement {
  readonly headline: string;
  readonly lines: readonly string[];
}

const HEADLINES: Readonly<Record<RunOutcome, string>> = {
  running: 'is being rolled back',
  'rolled-back': 'was rolled back and is proved well',
  'already-there': 'was already at its known-good version and is proved well',
  'not-proved': 'was rolled back, but is NOT proved well',
  planned: 'has a rollback plan',
  'known-good': 'was verified: this version is known-good',
  'not-known-good': 'was verified: this version is NOT known-good',
  failed: 'was NOT rolled back',
  cancelled: 'rollback was cancelled',
};

/** What people are told: what happened, when, to which version, the impact before and after. */
export function announce(report: RunReport): Announcement {
  const { request, plan } = report;
  const name = request ? `${request.service} (${request.environment})` : 'the service';
  const lines: string[] = [];
  if (plan) lines.push(`${plan.from.version} -> ${plan.to.version}`);
  if (report.error) lines.push(`${report.error.type}: ${report.error.message}`);
  if (request?.reason) lines.push(`reason: ${request.reason}`);
  if (request?.incident) lines.push(`incident: ${request.incident}`);
  if (request?.requestedBy) lines.push(`requested by: ${request.requestedBy}`);
  for (const symptom of request?.symptoms ?? []) lines.push(`before: ${symptom}`);
  for (const check of checksOf(report)) {
    lines.push(
      `${check.check}: ${check.verdict}${check.failedBefore ? ' (as on the known-good version)' : ''}, ${check.summary}`,
    );
  }
  return { headline: `${name} ${HEADLINES[report.outcome]}`, lines };
}
