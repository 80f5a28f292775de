import { WorkflowExecutionAlreadyStartedError } from '@temporalio/client';
import { describeRun } from '../client/described-run.ts';
import { AnswerRefused, type RunHandle, RunUnanswered } from '../client/index.ts';
import type { RunReport } from '../domain/ledger/ledger.ts';
import { runbookCommand } from '../domain/media/shell.ts';
import { CommandError, EXIT, exitCodeOf } from './errors/exit-codes.ts';
import { follow } from './follow.ts';
import type { Session } from './session/session.ts';
import { err, out, STREAMS } from './show/terminal.ts';

export interface RunOptions {
  readonly workflowId?: string;
  readonly detach?: boolean;
  readonly json?: boolean;
}

/**
 * Starts a run, follows it, and sets the command's exit code. Ctrl-C ends the command, never the run.
 * @returns the report, or nothing when the run goes on without us.
 */
export async function followToTheEnd(
  session: Session,
  options: RunOptions,
  start: () => Promise<RunHandle>,
): Promise<RunReport | undefined> {
  await session.expectWorker();
  const { workflowId, runId, joined } = await startOnce(session, start);
  const link = session.link(workflowId, runId);
  if (options.detach) {
    const how = joined ? '  (joined)' : '';
    out.line(`${workflowId} ${runId}${how}${link ? `  ${link}` : ''}`);
    return undefined;
  }
  if (joined) err.line(`joined the run that is under way: ${workflowId}`);
  const report = await whileNotInterrupted(session, workflowId, (signal) =>
    follow(session.client, workflowId, runId, {
      output: options.json ? STREAMS.err : STREAMS.out,
      signal,
      prefix: session.prefix,
      ...(link ? { link } : {}),
      ...(session.embedded ? { giveUpMs: EMBEDDED_GIVE_UP_MS } : {}),
    }),
  );
  if (options.json) out.json(report);
  process.exitCode = exitCodeOf(report);
  return report;
}

/** Nobody brings an embedded server back. */
const EMBEDDED_GIVE_UP_MS = 20_000;

type StartedRun = Pick<RunHandle, 'workflowId' | 'runId' | 'joined'>;

async function startOnce(session: Session, start: () => Promise<RunHandle>): Promise<StartedRun> {
  try {
    return await start();
  } catch (error) {
    if (error instanceof AnswerRefused) throw new CommandError(EXIT.usage, `refused: ${error.message}`);
    if (error instanceof RunUnanswered) throw new CommandError(EXIT.unavailable, error.message);
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const { workflowId } = error;
    if (!session.embedded) {
      throw new CommandError(
        EXIT.busy,
        `a run is under way: ${workflowId}. Follow it with: ${runbookCommand('status', [workflowId])}; to hand over what you know: --join`,
      );
    }
    // Nobody but an embedded command carries it out: this one does.
    err.line(`going on with the run that was interrupted: ${workflowId}`);
    const { runId } = await describeRun(session.client, workflowId);
    return { workflowId, runId, joined: false };
  }
}

/** Turns SIGINT and SIGTERM into the end of the work, and says what becomes of the run. */
async function whileNotInterrupted<T>(
  { embedded }: Session,
  workflowId: string,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const interrupted = new AbortController();
  const interrupt = () => interrupted.abort();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, interrupt);
  try {
    return await work(interrupted.signal);
  } catch (error) {
    if (!interrupted.signal.aborted) throw error;
    throw new CommandError(
      EXIT.interrupted,
      embedded
        ? `interrupted; the run ${workflowId} is kept, and the same command goes on with it`
        : `the run goes on: ${runbookCommand('status', [workflowId])}; to cancel it: ${runbookCommand('cancel', [workflowId], '--by <name>')}`,
    );
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
  }
}
