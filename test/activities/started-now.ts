import type { Client } from '@temporalio/client';

/** A Temporal server that says of the run that it was started just now, with nothing unusual about it. */
export function startedNow(): Client {
  const seen = { executionTime: new Date(), startTime: new Date(), searchAttributes: {}, raw: {} };
  return {
    options: { namespace: 'default' },
    withAbortSignal: (_signal: AbortSignal, work: () => Promise<unknown>) => work(),
    workflow: { getHandle: () => ({ describe: async () => seen }) },
    workflowService: { getWorkflowExecutionHistory: async () => ({}) },
  } as unknown as Client;
}
