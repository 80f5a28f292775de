import {
  AnswerRefused,
  addEvidence,
  addNote,
  approve as approvePlan,
  cancelRun,
  changeTarget as changeTargetOf,
  decide as decideOn,
  pause as pauseRun,
  type RunEvent,
  RunNotOpen,
  RunUnanswered,
  reject as rejectPlan,
  repeatCheck as repeatCheckOf,
  resume as resumeRun,
} from '../../client/index.ts';
import { runbookCommand } from '../../domain/media/shell.ts';
import type { OperatorInputs } from '../../domain/people/operator-events.ts';
import { CommandError, EXIT } from '../errors/exit-codes.ts';
import { openSession } from '../session/open-session.ts';
import type { Session, SessionOptions } from '../session/session.ts';
import { eventLine } from '../show/run-lines.ts';
import { err, out } from '../show/terminal.ts';
import { sayingWhy, whyNobodyAnswers } from '../show/unanswered.ts';

interface AnswerOptions extends SessionOptions {
  readonly by?: string;
  readonly reason?: string;
  readonly runId?: string;
  readonly updateId?: string;
  readonly json?: boolean;
}

/** `runbook decide`. */
export async function decide(
  workflowId: string,
  answer: string,
  options: AnswerOptions & { readonly target?: string; readonly decision?: string },
): Promise<void> {
  const { target, decision } = options;
  const input = {
    answer: answer as OperatorInputs['decide']['answer'],
    decidedBy: given('by', options),
    reason: given('reason', options),
    ...(target ? { target } : {}),
    ...(decision ? { decision } : {}),
  };
  await send(workflowId, options, decideOn, input);
}

interface PlanOptions extends AnswerOptions {
  readonly plan?: string;
}

/** `runbook approve`. */
export async function approve(workflowId: string, options: PlanOptions): Promise<void> {
  const { reason } = options;
  const input = {
    plan: planOf(workflowId, options),
    approvedBy: given('by', options),
    ...(reason ? { reason } : {}),
  };
  await send(workflowId, options, approvePlan, input);
}

/** `runbook reject`. */
export async function reject(workflowId: string, options: PlanOptions): Promise<void> {
  const input = {
    plan: planOf(workflowId, options),
    rejectedBy: given('by', options),
    reason: given('reason', options),
  };
  await send(workflowId, options, rejectPlan, input);
}

/** `runbook pause`. */
export async function pause(workflowId: string, options: AnswerOptions): Promise<void> {
  await send(workflowId, options, pauseRun, whoAndWhy(options));
}

/** `runbook resume`. */
export async function resume(workflowId: string, options: AnswerOptions): Promise<void> {
  await send(workflowId, options, resumeRun, whoAndWhy(options));
}

/** `runbook change-target`. */
export async function changeTarget(
  workflowId: string,
  target: string,
  options: AnswerOptions,
): Promise<void> {
  await send(workflowId, options, changeTargetOf, { target, ...whoAndWhy(options) });
}

/** `runbook repeat-check`. */
export async function repeatCheck(workflowId: string, check: string, options: AnswerOptions): Promise<void> {
  const input = { check: check as OperatorInputs['repeat-check']['check'], ...whoAndWhy(options) };
  await send(workflowId, options, repeatCheckOf, input);
}

/** `runbook note`. */
export async function note(workflowId: string, text: string, options: AnswerOptions): Promise<void> {
  await send(workflowId, options, addNote, { note: text, by: given('by', options) });
}

/** `runbook evidence`. */
export async function evidence(
  workflowId: string,
  options: AnswerOptions & { readonly symptom?: readonly string[]; readonly incident?: string },
): Promise<void> {
  const { symptom = [], incident } = options;
  const input = { ...whoAndWhy(options), symptoms: symptom, ...(incident ? { incident } : {}) };
  await send(workflowId, options, addEvidence, input);
}

/** `runbook cancel`. */
export async function cancel(workflowId: string, options: AnswerOptions): Promise<void> {
  const by = given('by', options);
  await using session = await openSession(options);
  const { noted } = await orCommandError(
    cancelRun(
      session.client,
      workflowId,
      { by, ...(options.reason ? { reason: options.reason } : {}) },
      ids(options),
    ),
  );
  if (!noted) err.line('no worker has answered: who cancels, and why, may be missing in the record');
  out.line(`cancellation of ${workflowId} is requested: ${runbookCommand('status', [workflowId])}`);
}

type Send<I> = (
  client: Session['client'],
  workflowId: string,
  input: I,
  options: { readonly runId?: string; readonly updateId?: string },
) => Promise<RunEvent>;

/** Sends one answer and prints the line of the ledger that it became. */
async function send<I>(workflowId: string, options: AnswerOptions, answer: Send<I>, input: I): Promise<void> {
  await using session = await openSession(options);
  const { client } = session;
  const event = await sayingWhy(
    orCommandError(answer(client, workflowId, input, ids(options))),
    () => whyNobodyAnswers(client, workflowId, options.runId),
    (line) => err.line(`${workflowId} does not answer: ${line}`),
  );
  if (options.json) out.json(event);
  else out.line(eventLine(event));
}

function ids({ runId, updateId }: AnswerOptions) {
  return { ...(runId ? { runId } : {}), ...(updateId ? { updateId } : {}) };
}

async function orCommandError<T>(answered: Promise<T>): Promise<T> {
  try {
    return await answered;
  } catch (error) {
    if (error instanceof AnswerRefused) throw new CommandError(EXIT.usage, `refused: ${error.message}`);
    if (error instanceof RunNotOpen) throw new CommandError(EXIT.usage, error.message);
    if (error instanceof RunUnanswered) throw new CommandError(EXIT.unavailable, error.message);
    throw error;
  }
}

function whoAndWhy(options: AnswerOptions) {
  return { by: given('by', options), reason: given('reason', options) };
}

/** Who and why are never guessed: they stand in the incident record. */
function given(option: 'by' | 'reason', options: AnswerOptions): string {
  const value = options[option];
  if (value?.trim()) return value;
  const { USER } = process.env;
  throw new CommandError(
    EXIT.usage,
    option === 'by'
      ? `--by is missing: who says so?${USER ? ` For example: --by ${USER}` : ''}`
      : '--reason is missing: why? It stands in the incident record.',
  );
}

function planOf(workflowId: string, { plan }: PlanOptions): string {
  if (plan) return plan;
  throw new CommandError(
    EXIT.usage,
    `--plan is missing: the hash of the plan that was read. It stands in: ${runbookCommand('status', [workflowId])}`,
  );
}
