import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import { ChildWorkflowCancellationType, type ChildWorkflowOptions, startChild } from '@temporalio/workflow';

/**
 * Starts a child workflow, which goes on when this run is cancelled.
 * @returns false when an open workflow has its id already.
 */
export async function startUnlessOpen(
  type: string,
  options: ChildWorkflowOptions & { readonly workflowId: string; readonly args: unknown[] },
): Promise<boolean> {
  try {
    await startChild(type, {
      ...options,
      cancellationType: ChildWorkflowCancellationType.ABANDON,
    });
    return true;
  } catch (error) {
    if (error instanceof WorkflowExecutionAlreadyStartedError) return false;
    throw error;
  }
}
