import type { Client } from '@temporalio/client';

/** A Temporal server that says of the run that it was started just now, with nothing unusual about it. */
export function startedNow(): Client {
  const startTime = { seconds: Math.floor(Date.now() / 1000) };
  return {
    options: { namespace: 'default' },
    withAbortSignal: (_signal: AbortSignal, work: () => Promise<unknown>) => work(),
    workflowService: {
      describeWorkflowExecution: async () => ({ workflowExecutionInfo: { startTime } }),
      getWorkflowExecutionHistory: async () => ({}),
    },
  } as unknown as Client;
}
