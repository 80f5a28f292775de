import { reportOf } from '../../client/index.ts';
import { WORKFLOWS } from '../../domain/ledger.ts';
import { CommandError, EXIT } from '../exit-codes.ts';
import { openSession } from '../open-session.ts';
import { printReport } from '../run-lines.ts';
import type { Session, SessionOptions } from '../session.ts';

const SHOWN = 20;

/** `runbook status`: one run with its steps, or the latest runs. */
export async function status(
  workflowId: string | undefined,
  options: SessionOptions & { readonly json?: boolean },
): Promise<void> {
  await using session = await openSession(options);
  if (workflowId) await showOne(session, workflowId, options.json ?? false);
  else await showLatest(session, options.json ?? false);
}

const say = (line: string) => void process.stdout.write(`${line}\n`);

async function showOne(session: Session, workflowId: string, json: boolean): Promise<void> {
  const description = await session.client.workflow
    .getHandle(workflowId)
    .describe()
    .catch(notFound(workflowId));
  const report = await reportOf(session.client, workflowId, description.runId).catch((error: Error) => {
    throw new CommandError(
      EXIT.unavailable,
      `no worker answers for ${workflowId} (${description.status.name}): ${error.message}. ` +
        `The history can be read without one: runbook audit ${workflowId}`,
    );
  });
  if (json) {
    say(JSON.stringify(report, null, 2));
    return;
  }
  printReport(report, { link: session.link(workflowId, description.runId) }, say);
  if (report.waitingFor && session.embedded) {
    say('  (nobody carries this run out at the moment: go on with it first, runbook rollback --embedded)');
  }
}

function notFound(workflowId: string) {
  return (error: Error) => {
    if (error.name !== 'WorkflowNotFoundError') throw error;
    throw new CommandError(EXIT.usage, `there is no run ${workflowId}`);
  };
}

async function showLatest(session: Session, json: boolean): Promise<void> {
  const runs: object[] = [];
  const query = `WorkflowType IN (${WORKFLOWS.map((kind) => `'${kind}'`).join(', ')})`;
  for await (const run of session.client.workflow.list({ query, pageSize: SHOWN })) {
    const { RollbackService: service, RollbackOutcome: outcome, RollbackStep: step } = run.searchAttributes;
    const shown = {
      workflowId: run.workflowId,
      runId: run.runId,
      status: run.status.name,
      service: service?.[0],
      step: step?.[0],
      outcome: outcome?.[0],
      startedAt: run.startTime.toISOString(),
    };
    runs.push(shown);
    if (!json) {
      const where = String(shown.outcome ?? shown.step ?? '').replace(/^waits-for-/, 'waits for ');
      say(`${shown.startedAt}  ${shown.status.padEnd(10)} ${where.padEnd(18)} ${shown.workflowId}`);
    }
    if (runs.length === SHOWN) break;
  }
  if (json) say(JSON.stringify(runs, null, 2));
  else if (runs.length === 0) say('no runs');
}
