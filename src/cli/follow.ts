import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { CancelledFailure, TerminatedFailure } from '@temporalio/common';
import { describeRun } from '../client/described-run.ts';
import type { RunReport } from '../domain/ledger/ledger.ts';
import { runningStep } from './show/pending-steps.ts';
import { endLine } from './show/run-lines.ts';
import { runPrinter } from './show/run-printer.ts';
import { openScreen, type ScreenOptions } from './show/screen.ts';
import { SAID_WITHIN_MS, whyNobodyAnswers } from './show/unanswered.ts';
import { whileAway } from './while-away.ts';

const REFRESH_MS = 120;
/** A server that takes longer to describe the run is as good as away. */
const ANSWER_MS = 5000;
/** Attempts of one workflow task after which its failing is no accident: a bug, or a worker with other code. */
const STUCK_AFTER = 3;

export interface FollowOptions extends ScreenOptions {
  readonly link?: string;
  /** What stands in front of the commands that answer the run. */
  readonly prefix?: string;
  readonly signal?: AbortSignal;
  /** How long Temporal may be away before the command ends. Default: ten minutes. */
  readonly giveUpMs?: number;
}

/**
 * Follows a run until it closes: a line a step as it ends, and what people are asked and decide. While Temporal is away
 * it waits, and says so.
 * @returns the final report, from the result or from the failure's details.
 * @throws the signal's reason when it aborts, and CommandError when Temporal stays away; the run goes on.
 */
export async function follow(
  client: Client,
  workflowId: string,
  runId: string,
  options: FollowOptions,
): Promise<RunReport> {
  const { signal = new AbortController().signal } = options;
  const handle = client.workflow.getHandle(workflowId, runId);
  const screen = openScreen(options);
  const print = runPrinter(screen, options);
  let events = -1;
  let report: RunReport | undefined;
  let over = false;
  let waitsSince: number | undefined;
  let isExplained = false;
  const awayOptions = {
    workflowId,
    signal,
    giveUpMs: options.giveUpMs,
    onAway: () => screen.note('Temporal does not answer: waiting for it. The run is kept'),
  };
  const answered = <T>(ask: () => Promise<T>) => client.withDeadline(Date.now() + ANSWER_MS, ask);
  // A result that is waited for would keep an interrupted command alive for as long as its long poll.
  const end = client
    .withAbortSignal(signal, () => whileAway(() => handle.result(), awayOptions))
    .then(
      (value) => value as RunReport,
      (error: unknown) => reportOfEnd((ask) => whileAway(() => ask(handle), awayOptions), error),
    );
  end
    .catch(() => undefined)
    .finally(() => {
      over = true;
    });

  try {
    while (!over) {
      signal.throwIfAborted();
      const { raw, historyLength } = await whileAway(
        () => answered(() => describeRun(client, workflowId, runId)),
        awayOptions,
      );
      const running = raw.pendingActivities?.flatMap(runningStep) ?? [];
      if (Number(historyLength) !== events) {
        const next = await answered(() => handle.query<RunReport>('report')).catch(() => undefined);
        if (next) {
          report = next;
          events = Number(historyLength);
        }
      }
      if (report) print(report, running);
      const task = raw.pendingWorkflowTask;
      // A task that no worker takes up, since when.
      waitsSince = task && !task.startedTime ? (waitsSince ?? Date.now()) : undefined;
      if (waitsSince !== undefined && !isExplained && Date.now() - waitsSince > SAID_WITHIN_MS) {
        isExplained = true;
        const why = await whyNobodyAnswers(client, workflowId, runId).catch(() => undefined);
        if (why) screen.note(`the run waits for a worker: ${why}`);
      }
      const attempt = task?.attempt ?? 1;
      if (attempt > STUCK_AFTER)
        screen.note(`the workflow itself fails and tries again: see the worker's log`);
      await Promise.race([
        end.catch(() => undefined),
        sleep(REFRESH_MS, undefined, { signal }).catch(() => undefined),
      ]);
    }
    signal.throwIfAborted();
    const final = await end;
    print({ ...final, finishedAt: final.finishedAt ?? new Date().toISOString() }, []);
    screen.line(endLine(final));
    return final;
  } finally {
    screen.close();
    // A call that is still being given up would find its connection closed.
    if (signal.aborted) await end.catch(() => undefined);
  }
}

/** A failed run carries its report in the failure's details. */
export function reportOfFailure(error: unknown): RunReport | undefined {
  const cause = (error as { cause?: { details?: unknown[] } } | undefined)?.cause;
  const details = cause?.details?.[0];
  return details && typeof details === 'object' && 'ledger' in details ? (details as RunReport) : undefined;
}

/** The report of a run that did not end well. @throws the error itself when it is not about the run. */
async function reportOfEnd(
  asking: <T>(ask: (handle: WorkflowHandle) => Promise<T>) => Promise<T>,
  error: unknown,
): Promise<RunReport> {
  if (!(error instanceof WorkflowFailedError)) throw error;
  const carried = reportOfFailure(error);
  if (carried) return carried;
  // Cancelled and terminated runs carry nothing; a worker still knows them.
  const report = await asking((handle) => handle.query<RunReport>('report')).catch(() => undefined);
  if (!report) throw error;
  if (error.cause instanceof CancelledFailure) return report;
  const summary =
    error.cause instanceof TerminatedFailure
      ? 'terminated by an operator: nobody was told'
      : `closed by Temporal: ${error.cause?.message ?? error.message}`;
  return { ...report, outcome: 'failed', summary, error: { type: 'RunTerminated', message: summary } };
}
