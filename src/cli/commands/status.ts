import { describeRun, listRuns } from '../../client/described-run.ts';
import { reportOf, type Waiting, waitingFor } from '../../client/index.ts';
import { runbookCommand } from '../../domain/media/shell.ts';
import { WORKFLOWS } from '../../domain/request/workflow-kinds.ts';
import { CommandError, EXIT } from '../errors/exit-codes.ts';
import { openSession } from '../session/open-session.ts';
import type { Session, SessionOptions } from '../session/session.ts';
import { runningStep } from '../show/pending-steps.ts';
import { printReport } from '../show/run-lines.ts';
import { err, out } from '../show/terminal.ts';
import { sayingWhy, whyNobodyAnswers } from '../show/unanswered.ts';

const SHOWN = 20;
/** How long one run is waited for. */
const ANSWER_MS = 5000;
/** How long the list waits for a run's own answer: what is indexed says enough. */
const SOON_MS = 1500;

/** `runbook status`: one run with its steps, or the latest runs. */
export async function status(
  workflowId: string | undefined,
  options: SessionOptions & { readonly json?: boolean },
): Promise<void> {
  await using session = await openSession(options);
  if (workflowId) await showOne(session, workflowId, options.json ?? false);
  else await showLatest(session, options.json ?? false);
}

async function showOne(session: Session, workflowId: string, json: boolean): Promise<void> {
  const { client } = session;
  const { runId, status, raw } = await describeRun(client, workflowId).catch(notFound(workflowId));
  const report = await sayingWhy(
    client.withDeadline(Date.now() + ANSWER_MS, () => reportOf(client, workflowId, runId)),
    () => whyNobodyAnswers(client, workflowId, runId),
    (line) => err.line(`${workflowId} does not answer: ${line}`),
  ).catch((error: Error) => {
    throw new CommandError(
      EXIT.unavailable,
      `no worker answers for ${workflowId} (${status}): ${error.message}. ` +
        `The history can be read without one: ${runbookCommand('audit', [workflowId])}`,
    );
  });
  if (json) {
    out.json(report);
    return;
  }
  const running = raw.pendingActivities?.flatMap(runningStep) ?? [];
  printReport(report, { link: session.link(workflowId, runId), running }, out.line);
  if (report.waitingFor && session.embedded) {
    out.line(
      '  (nobody carries this run out at the moment: go on with it first, runbook rollback --embedded)',
    );
  }
}

function notFound(workflowId: string) {
  return (error: Error) => {
    if (error.name !== 'WorkflowNotFoundError') throw error;
    throw new CommandError(EXIT.usage, `there is no run ${workflowId}`);
  };
}

/** One line of the list. */
interface ShownRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly status: string;
  readonly service?: unknown;
  readonly step?: unknown;
  readonly outcome?: unknown;
  readonly startedAt: string;
  /** What a run that is under way waits for a person with. */
  readonly waitingFor?: Waiting;
}

async function showLatest(session: Session, json: boolean): Promise<void> {
  const runs = await Promise.all((await latestRuns(session)).map((run) => withWaiting(session, run)));
  if (json) {
    out.json(runs);
    return;
  }
  for (const { startedAt, status, workflowId, outcome, step, waitingFor } of runs) {
    const where = waitingFor ? `waits for ${waitingFor.kind}` : String(outcome ?? step ?? '');
    out.line(`${startedAt}  ${status.padEnd(10)} ${where.padEnd(18)} ${workflowId}`);
  }
  if (runs.length === 0) out.line('no runs');
}

async function latestRuns({ client }: Session): Promise<readonly ShownRun[]> {
  const query = `WorkflowType IN (${WORKFLOWS.map((kind) => `'${kind}'`).join(', ')})`;
  return (await listRuns(client, query, SHOWN)).map(
    ({ workflowId, runId, status, startedAt, searchAttributes }) => ({
      workflowId,
      runId,
      status,
      service: searchAttributes.RollbackService,
      step: searchAttributes.RollbackStep,
      outcome: searchAttributes.RollbackOutcome,
      startedAt: startedAt.toISOString(),
    }),
  );
}

/** Asks a run that is under way itself; without a worker there is only what is indexed. */
async function withWaiting({ client }: Session, run: ShownRun): Promise<ShownRun> {
  if (run.status !== 'RUNNING') return run;
  const asked = client.withDeadline(Date.now() + SOON_MS, () =>
    waitingFor(client, run.workflowId, run.runId),
  );
  const waiting = await asked.catch(() => undefined);
  return waiting ? { ...run, waitingFor: waiting } : run;
}
