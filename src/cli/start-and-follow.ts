import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import type { RunHandle } from '../client/index.ts';
import type { RunReport } from '../domain/ledger.ts';
import { CommandError, EXIT, exitCodeOf } from './exit-codes.ts';
import { follow } from './follow.ts';
import type { Session } from './session.ts';

export interface RunOptions {
  readonly workflowId?: string;
  readonly detach?: boolean;
  readonly json?: boolean;
}

/**
 * Starts a run, follows it, and sets the command's exit code.
 * @returns the report, or nothing when the run goes on without us.
 */
export async function followToTheEnd(
  session: Session,
  options: RunOptions,
  start: () => Promise<RunHandle>,
): Promise<RunReport | undefined> {
  const handle = await startOnce(start);
  const runId = (handle as unknown as { firstExecutionRunId: string }).firstExecutionRunId;
  const link = session.link(handle.workflowId, runId);
  if (options.detach) {
    process.stdout.write(`${handle.workflowId} ${runId}${link ? `  ${link}` : ''}\n`);
    return undefined;
  }
  const report = await follow(session.client, handle.workflowId, runId, {
    output: options.json ? process.stderr : process.stdout,
    ...(link ? { link } : {}),
  });
  if (options.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  process.exitCode = exitCodeOf(report);
  return report;
}

async function startOnce(start: () => Promise<RunHandle>): Promise<RunHandle> {
  try {
    return await start();
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    throw new CommandError(
      EXIT.busy,
      `a run is under way: ${error.workflowId}. Follow it with: runbook status ${error.workflowId}`,
    );
  }
}
