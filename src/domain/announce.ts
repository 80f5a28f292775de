import type { Instant } from './json.ts';
import { changeOf, checksOf, type RunOutcome, type RunReport } from './ledger.ts';
import type { ResolvedRun } from './request.ts';

/** One message about a run, in words: runbook section 7.1 (when, to which version, impact before and after). */
export interface Announcement {
  readonly service: string;
  readonly environment: string;
  readonly outcome: RunOutcome;
  readonly at: Instant;
  /** One sentence. */
  readonly headline: string;
  /** Lines of detail: versions, reason, who asked, symptoms, verdicts. */
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
  restored: 'was NOT helped by the rollback: what ran before is back',
  joined: 'is being rolled back by another run already',
  'stayed-well': 'has stayed well since its rollback',
  superseded: 'was rolled back once more',
  'changed-back': 'was changed by somebody else after its rollback',
};

/** Headlines of runs that ended after the change was written, or may have been. */
const AFTER_THE_CHANGE: Readonly<Record<'made' | 'unknown', Readonly<Partial<Record<RunOutcome, string>>>>> =
  {
    made: {
      failed: 'rollback was begun and did NOT end well',
      cancelled: 'rollback was cancelled after the change was written: the rollout goes on',
    },
    unknown: {
      failed: 'rollback did NOT end well, and whether the change was written is not known',
      cancelled: 'rollback was cancelled, and whether the change was written is not known',
    },
  };

/** What people are told of a run. */
export function announce(report: RunReport, request: ResolvedRun): Announcement {
  const { plan, outcome } = report;
  const { service, environment } = request;
  const lines: string[] = [];
  if (plan) lines.push(`${plan.from.version} → ${plan.to.version}`);
  if (report.error) lines.push(`${report.error.type}: ${report.error.message}`);
  if (request.reason) lines.push(`reason: ${request.reason}`);
  if (request.incident) lines.push(`incident: ${request.incident}`);
  if (request.requestedBy) lines.push(`requested by: ${request.requestedBy}`);
  for (const symptom of request.symptoms) lines.push(`before: ${symptom}`);
  for (const check of checksOf(report)) {
    lines.push(
      `${check.check}: ${check.verdict}${check.failedBefore ? ' (as on the known-good version)' : ''}, ${check.summary}`,
    );
  }
  const change = changeOf(report);
  const what = (change !== 'none' && AFTER_THE_CHANGE[change][outcome]) || HEADLINES[outcome];
  const headline = `${service} (${environment}) ${what}`;
  return { service, environment, outcome, at: report.finishedAt ?? report.startedAt, headline, lines };
}
