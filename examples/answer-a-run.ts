// Everything that a service (a chat bot, an on-call tool, an alert receiver) can say to a run that is under way.
import type { Client } from '@temporalio/client';
import {
  AnswerRefused,
  addEvidence,
  addNote,
  approve,
  cancelRun,
  changeTarget,
  decide,
  pause,
  reject,
  repeatCheck,
  resume,
  startRollback,
  waitingFor,
} from '../src/client/index.ts';

const run = 'rollback/orchestrator';

export async function answerDecision(client: Client): Promise<void> {
  const waiting = await waitingFor(client, run);
  if (waiting?.kind !== 'decision' || !waiting.answers.includes('retry')) return;
  await decide(client, run, {
    answer: 'retry',
    decision: waiting.id,
    decidedBy: 'ada',
    reason: 'the registry is back',
  });
}

export async function consent(client: Client): Promise<void> {
  const waiting = await waitingFor(client, run);
  if (waiting?.kind !== 'approval') return;
  await approve(client, run, { plan: waiting.planHash, approvedBy: 'grace' });
}

export async function refuse(client: Client, plan: string): Promise<void> {
  await reject(client, run, { plan, rejectedBy: 'grace', reason: '0.1.0 has the same fault' });
}

export async function stop(client: Client): Promise<void> {
  await pause(client, run, { by: 'ada', reason: 'looking at the database first' });
}

export async function goOn(client: Client): Promise<void> {
  await resume(client, run, { by: 'ada', reason: 'the database is fine' });
}

export async function chooseAnother(client: Client): Promise<void> {
  await changeTarget(client, run, { target: '0.0.9', by: 'ada', reason: '0.1.0 has the same fault' });
}

export async function checkAgain(client: Client): Promise<void> {
  await repeatCheck(client, run, { check: 'chat', by: 'ada', reason: 'the provider is back' });
}

export async function writeDown(client: Client): Promise<void> {
  await addNote(client, run, { note: 'customers were told at 03:20', by: 'ada' });
}

export async function report(client: Client): Promise<void> {
  await addEvidence(client, run, {
    by: 'alertmanager',
    reason: 'ChatErrorRatio fires',
    symptoms: ['40 % of chats fail'],
    incident: 'INC-1234',
  });
}

export async function giveUp(client: Client): Promise<void> {
  await cancelRun(client, run, { by: 'ada', reason: 'false alarm' });
}

export async function startOrJoin(client: Client): Promise<boolean> {
  const { joined } = await startRollback(client, {
    service: 'orchestrator',
    trigger: 'alert',
    requestedBy: 'alertmanager',
    symptoms: ['40 % of chats fail'],
    ifRunning: 'join',
  });
  return joined;
}

export async function breakGlass(client: Client): Promise<void> {
  await startRollback(client, {
    service: 'orchestrator',
    requestedBy: 'ada',
    severity: 'sev1',
    breakGlass: 'chat is down for everybody, nobody else is awake',
  });
}

/** A button that may be pressed twice: the same id counts once. A refusal says what is possible now. */
export async function pressed(client: Client, button: string): Promise<string> {
  try {
    const { summary } = await decide(
      client,
      run,
      { answer: 'retry', decidedBy: 'ada', reason: 'the registry is back' },
      { updateId: button },
    );
    return summary;
  } catch (error) {
    if (error instanceof AnswerRefused) return error.message;
    throw error;
  }
}
