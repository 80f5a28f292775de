import { ApplicationFailure, workflowInfo } from '@temporalio/workflow';
import { closest } from '../domain/closest.ts';
import type { ErrorType } from '../domain/errors.ts';
import { oneLine } from '../domain/redact.ts';
import { DEFAULT_START_WITHIN_MS } from '../domain/request/start.ts';
import { STARTABLE } from '../domain/request/workflow-kinds.ts';

/**
 * What is carried out for a workflow type that this worker does not have. One that is ours but for its spelling ends at
 * once. Any other may be one that a newer worker has: its workflow task fails, so that another worker is asked for it,
 * and the run ends when none has taken it for so long.
 * @param withinMs how long a newer worker is waited for.
 * @throws ApplicationFailure `UnknownWorkflowType`, with what exists.
 */
export function endUnknownType(withinMs: number): () => Promise<never> {
  return async () => {
    const { workflowType, startTime, cronScheduleToScheduleInterval: delayMs = 0 } = workflowInfo();
    const what = `there is no workflow type "${oneLine(workflowType, 60)}" (there are: ${STARTABLE.join(', ')})`;
    const meant = meantBy(workflowType);
    if (meant) throw unknown(`${what}; it is spelled ${meant}. Nothing was changed`);
    const waitedMs = Date.now() - startTime.getTime() - delayMs;
    if (waitedMs > withinMs) {
      throw unknown(
        `${what}, and no worker that knows it has come within ${withinMs / 60_000} min. Nothing was changed`,
      );
    }
    // No failure of the run: of this workflow task, which is tried again, perhaps by a worker that knows the type.
    throw new Error(`${what}; it waits for a worker that knows it`);
  };
}

/** The SDK carries it out where it finds no workflow of the type. */
export const unknownType = endUnknownType(DEFAULT_START_WITHIN_MS);

/** `Rollback`, `roll_back`, `rollbackWorkflow`, `rolback`. */
function meantBy(workflowType: string): string | undefined {
  const letters = workflowType
    .toLowerCase()
    .replaceAll(/[^a-z]/g, '')
    .replace(/workflow$/, '');
  return closest(letters, STARTABLE);
}

function unknown(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, 'UnknownWorkflowType' satisfies ErrorType);
}
