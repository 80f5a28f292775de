import type { WorkflowHandle } from '@temporalio/client';
import type { RunReport } from '../../src/domain/ledger/ledger.ts';
import type { Waiting } from '../../src/domain/people/waiting.ts';
import type { StepId } from '../../src/domain/steps/steps.ts';
import type { TemporalServer } from '../../tools/temporal-server.ts';
import { until } from '../../tools/until.ts';
import { openStageOn, type TemporalClients } from '../stories/stage-temporal.ts';
import { borrowSandbox } from '../worlds/borrowed.ts';
import {
  type Script,
  type Scripted,
  type ScriptedService,
  type ServiceOptions,
  scriptedService,
} from './scripted-service.ts';
import { scriptedWorker } from './scripted-worker.ts';

/** A real Temporal server, the real workflows, and services whose steps do what a test says. */
export type ScriptedStage = Awaited<ReturnType<typeof openScriptedStage>>;

interface CastOptions extends Omit<ServiceOptions, 'uid'> {
  readonly script: Script;
  /** Another cast whose service this one rolls back as well. */
  readonly beside: { readonly uid: string };
}

interface TemporalPlace {
  readonly temporal: TemporalServer;
  close(): Promise<void>;
}

let count = 0;

export function openScriptedStage() {
  return openStageOn<TemporalPlace, ScriptedCast, CastOptions>(
    () => borrowSandbox({ temporal: true }),
    openCast,
  );
}

async function openCast(
  { client, native }: Pick<TemporalClients, 'client' | 'native'>,
  name: string,
  { script = {}, beside, ...options }: Partial<CastOptions>,
) {
  count += 1;
  const taskQueue = `${name}-${count}`;
  const uid = beside?.uid ?? taskQueue;
  const service: ScriptedService = scriptedService({ ...options, uid });
  const times = new Map<StepId, number>();
  const { close } = await scriptedWorker(native, taskQueue, async (step, args) => {
    const time = (times.get(step) ?? 0) + 1;
    times.set(step, time);
    const usual = () => service.usual[step](...(args as never[]));
    return script[step] ? script[step](usual, time, args) : usual();
  });

  let runs = 0;
  return {
    ...service,
    uid,
    taskQueue,
    client,
    async start(workflowId = `rollback/${taskQueue}/${++runs}`, type = 'rollback', input: unknown = {}) {
      return client.workflow.start(type, { workflowId, taskQueue, args: [input] });
    },
    close,
  };
}

export type ScriptedCast = Awaited<ReturnType<typeof openCast>>;

/** A point at which a step stops until the test lets it go on. */
export function stop() {
  let arrive = () => {};
  let release = () => {};
  const reached = new Promise<void>((resolve) => {
    arrive = resolve;
  });
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  return {
    reached,
    release,
    async here() {
      arrive();
      await released;
    },
    /** A step that stops here the given time, and then does its usual work or what is given. */
    at(when: number, then?: () => unknown): Scripted {
      return async (usual, time) => {
        if (time !== when) return usual();
        arrive();
        await released;
        return then ? then() : usual();
      };
    },
  };
}

export function reportOf(handle: WorkflowHandle): Promise<RunReport> {
  return handle.query<RunReport>('report');
}

/** The report of a run that has closed, however it has. A run that does not close in time is a failed test. */
export async function ended(handle: WorkflowHandle, withinMs = 60_000): Promise<RunReport> {
  await until(
    `${handle.workflowId} to close`,
    async () => (await handle.describe()).status.name !== 'RUNNING',
    {
      withinMs,
    },
  );
  return reportOf(handle);
}

/** What the run waits for, once it is this. */
export function waits(handle: WorkflowHandle, id: string): Promise<Waiting> {
  return until(
    `the run to wait for ${id}`,
    async () => {
      const { waitingFor, outcome, summary } = await reportOf(handle);
      if (outcome !== 'running') throw new Error(`the run has ended: ${outcome}, ${summary}`);
      return waitingFor?.id === id && waitingFor;
    },
    { withinMs: 10_000 },
  );
}

export function send(handle: WorkflowHandle, update: string, input: unknown): Promise<unknown> {
  return handle.executeUpdate(update, { args: [input] });
}

export function decide(handle: WorkflowHandle, answer: string, more: object = {}): Promise<unknown> {
  return send(handle, 'decide', { answer, decidedBy: 'ben', reason: 'seen', ...more });
}

/** Steps of a report in order, without messages. */
export function stepsOf({ ledger }: RunReport): string[] {
  return ledger.filter(({ step }) => step !== 'notify').map(({ step }) => step);
}
