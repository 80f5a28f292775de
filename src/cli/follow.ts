import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { LedgerEntry, RunReport } from '../domain/ledger.ts';
import { STEP_IDS, type StepId } from '../domain/steps.ts';
import { endLine, headLine, type RunningStep, runningLine, stepLine, titleOf } from './run-lines.ts';

const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const LOOK_MS = 120;
const PLAIN_EVERY_MS = 5000;

export interface FollowOptions {
  readonly link?: string;
  readonly output: NodeJS.WriteStream;
  /** Redraws the running steps in place; else plain lines. Default: when the output is a terminal. */
  readonly live?: boolean;
  readonly signal?: AbortSignal;
}

/**
 * Follows a run until it closes, a line a step as it ends.
 * @returns the final report, from the result or from the failure's details.
 */
export async function follow(
  client: Client,
  workflowId: string,
  runId: string,
  options: FollowOptions,
): Promise<RunReport> {
  const handle = client.workflow.getHandle(workflowId, runId);
  const screen = openScreen(options);
  let seen = 0;
  let headed = false;
  let events = -1;
  let report: RunReport | undefined;
  let over = false;
  const result = handle.result().then(
    (value) => ({ report: value as RunReport }),
    (error: unknown) => ({ error }),
  );
  void result.then(() => {
    over = true;
  });

  const print = (next: RunReport, running: readonly RunningStep[]) => {
    const fresh = next.ledger.slice(seen);
    if (!headed && (next.plan || next.finishedAt || (next.workflow === 'verify' && next.request))) {
      screen.line(headLine(next, options.link, Date.now()));
      headed = true;
      for (const entry of next.ledger.slice(0, seen)) screen.line(stepLine(entry));
    }
    seen = next.ledger.length;
    if (headed) for (const entry of fresh) screen.line(stepLine(entry));
    screen.running(headed ? running : []);
  };

  while (!over) {
    options.signal?.throwIfAborted();
    const description = await handle.describe();
    const running = description.raw.pendingActivities?.flatMap(runningStep) ?? [];
    const length = Number(description.historyLength);
    if (length !== events) {
      const next = await handle.query<RunReport>('report').catch(() => undefined);
      if (next) {
        report = next;
        events = length;
      }
    }
    if (report) print(report, running);
    await Promise.race([result, sleep(LOOK_MS)]);
  }
  const ended = await result;
  const final = 'report' in ended ? ended.report : (reportOfFailure(ended.error) ?? report);
  if (!final) throw (ended as { error: unknown }).error;
  print({ ...final, finishedAt: final.finishedAt ?? new Date().toISOString() }, []);
  screen.line(endLine(final));
  screen.close();
  return final;
}

/** A failed run carries its report in the failure's details. */
export function reportOfFailure(error: unknown): RunReport | undefined {
  const cause = (error as { cause?: { details?: unknown[] } } | undefined)?.cause;
  const details = cause?.details?.[0];
  return details && typeof details === 'object' && 'ledger' in details ? (details as RunReport) : undefined;
}

interface PendingActivity {
  readonly activityType?: { readonly name?: string | null } | null;
  readonly attempt?: number | null;
  readonly scheduledTime?: { readonly seconds?: unknown } | null;
  readonly lastStartedTime?: { readonly seconds?: unknown; readonly nanos?: number | null } | null;
  readonly heartbeatDetails?: { readonly payloads?: unknown[] | null } | null;
  readonly lastFailure?: { readonly message?: string | null } | null;
}

function runningStep(pending: PendingActivity): RunningStep[] {
  const step = pending.activityType?.name as StepId;
  if (!STEP_IDS.includes(step)) return [];
  const started = pending.lastStartedTime;
  const since = started ? new Date(Number(started.seconds) * 1000 + (started.nanos ?? 0) / 1e6) : new Date();
  const failure = pending.lastFailure?.message;
  return [
    {
      step,
      message: messageOf(pending) ?? (failure ? `again after: ${failure}` : 'running'),
      since: since.toISOString(),
      attempt: pending.attempt ?? 1,
    },
  ];
}

/** What the step's heartbeat says: `message` of the rollout, `last` of a check. */
function messageOf({ heartbeatDetails }: PendingActivity): string | undefined {
  const [payload] = heartbeatDetails?.payloads ?? [];
  if (!payload) return undefined;
  const details = defaultPayloadConverter.fromPayload<{ message?: string; last?: string } | null>(
    payload as never,
  );
  return details?.message ?? details?.last;
}

/** Lines that stay, and below them lines that are drawn again. */
function openScreen({ output, live = output.isTTY === true }: FollowOptions) {
  let drawn = 0;
  let frame = 0;
  const said = new Map<StepId, { readonly message: string; readonly at: number }>();
  const erase = () => {
    if (drawn > 0) output.write(`\x1b[${drawn}A\x1b[0J`);
    drawn = 0;
  };
  /** Plain output: a line when a long step says something new, and not for every look of a check. */
  const sayPlainly = (step: StepId, message: string) => {
    const last = said.get(step) ?? { message: 'running', at: Date.now() };
    said.set(step, last);
    const due = step === 'wait-for-rollout' || Date.now() - last.at >= PLAIN_EVERY_MS;
    if (!message || message === last.message || !due) return;
    said.set(step, { message, at: Date.now() });
    output.write(`   ${titleOf(step)}: ${message}\n`);
  };
  return {
    line(text: string) {
      erase();
      output.write(`${text}\n`);
    },
    running(steps: readonly RunningStep[]) {
      if (!live) {
        for (const { step, message } of steps) sayPlainly(step, message);
        return;
      }
      erase();
      frame += 1;
      const width = output.columns ?? 120;
      for (const step of steps) {
        output.write(
          `${runningLine(step, FRAMES[frame % FRAMES.length] ?? '', Date.now()).slice(0, width - 1)}\n`,
        );
      }
      drawn = steps.length;
    },
    close: erase,
  };
}

/** For callers that print a finished run. */
export function printReport(
  report: RunReport,
  link: string | undefined,
  write: (line: string) => void,
): void {
  write(headLine(report, link, Date.now()));
  for (const entry of report.ledger as readonly LedgerEntry[]) write(stepLine(entry));
  write(endLine(report));
}
