import { defineQuery, proxyActivities, setHandler } from '@temporalio/workflow';

type AnyStep = (...args: unknown[]) => Promise<unknown>;

/** A workflow of somebody else that calls a step on the runbook's task queue, and answers what the step asks it. */
export async function foreign(
  taskQueue: string,
  step: string,
  args: unknown[],
  report: unknown,
): Promise<unknown> {
  setHandler(defineQuery('report'), () => report);
  const steps = proxyActivities<Record<string, AnyStep>>({
    taskQueue,
    startToCloseTimeout: '20s',
    retry: { maximumAttempts: 1 },
  });
  return (steps[step] as AnyStep)(...args);
}
