import { Context } from '@temporalio/activity';
import { Worker } from '@temporalio/worker';
import { STEP_IDS, type StepId } from '../../src/domain/steps/steps.ts';
import { workflowBundle } from '../../src/wiring/bundle.ts';
import type { TemporalClients } from '../stories/stage-temporal.ts';

/** A real worker with the real workflows, whose steps do what a test says. */
export async function scriptedWorker(
  native: TemporalClients['native'],
  taskQueue: string,
  /** What a step gives. */
  work: (step: StepId, args: readonly unknown[]) => Promise<unknown>,
) {
  const worker = await Worker.create({
    connection: native,
    taskQueue,
    workflowBundle: await workflowBundle(),
    activities: Object.fromEntries(
      STEP_IDS.map((step) => [step, (...args: unknown[]) => carryOut(step, args)]),
    ),
    maxHeartbeatThrottleInterval: '50ms',
    defaultHeartbeatThrottleInterval: '50ms',
  });
  const ended = worker.run();

  async function carryOut(step: StepId, args: readonly unknown[]) {
    const { cancelled, heartbeat, info } = Context.current();
    const startedAt = new Date().toISOString();
    const beat = setInterval(() => heartbeat(), 50);
    try {
      const value = await Promise.race([work(step, args), cancelled]);
      return { value, summary: step, attempt: info.attempt, startedAt, finishedAt: new Date().toISOString() };
    } finally {
      clearInterval(beat);
    }
  }

  return {
    async close() {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await ended;
    },
  };
}
