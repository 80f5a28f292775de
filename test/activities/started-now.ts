import type { Client } from '@temporalio/client';

const PARENT = { workflowId: 'the-parent', runId: 'the-parents-run' };

/**
 * A Temporal server that says of the run that it was started just now, with nothing unusual about it.
 * @param parentType workflow type of the run that started it as its child; default: none did.
 */
export function startedNow(parentType?: string): Client {
  const startTime = { seconds: Math.floor(Date.now() / 1000) };
  return {
    options: { namespace: 'default' },
    withAbortSignal: (_signal: AbortSignal, work: () => Promise<unknown>) => work(),
    workflowService: {
      describeWorkflowExecution: async ({ execution }: { execution: { workflowId: string } }) =>
        execution.workflowId === PARENT.workflowId
          ? { workflowExecutionInfo: { execution: PARENT, type: { name: parentType }, status: 1 } }
          : {
              workflowExecutionInfo: {
                startTime,
                ...(parentType ? { parentExecution: PARENT } : {}),
              },
            },
      getWorkflowExecutionHistory: async () => ({}),
    },
  } as unknown as Client;
}
