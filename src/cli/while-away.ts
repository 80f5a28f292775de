import { setTimeout as sleep } from 'node:timers/promises';
import { isGrpcServiceError, isRetryableError } from '@temporalio/client';
import { runbookCommand } from '../domain/media/shell.ts';
import { CommandError, EXIT } from './errors/exit-codes.ts';

/** gRPC status of a call that was not answered in time. */
const DEADLINE_EXCEEDED = 4;
const AGAIN_MS = 500;
/** A server that is restarted, moved or upgraded is back by then. */
const GIVE_UP_MS = 10 * 60_000;

export interface WhileAwayOptions {
  /** The run that is asked about: it goes on while nobody answers. */
  readonly workflowId: string;
  readonly signal: AbortSignal;
  /** Called for each time that Temporal does not answer. */
  readonly onAway: () => void;
  /** Default: ten minutes. */
  readonly giveUpMs?: number | undefined;
}

/**
 * Asks Temporal, and again while it is away: a server that restarts is no reason to leave its run.
 * @throws CommandError when it stays away, the signal's reason when it aborts, and every other error at once.
 */
export async function whileAway<T>(ask: () => Promise<T>, options: WhileAwayOptions): Promise<T> {
  const { signal, onAway, workflowId, giveUpMs = GIVE_UP_MS } = options;
  let since: number | undefined;
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      signal.throwIfAborted();
      if (!isAway(error)) throw error;
      since ??= Date.now();
      if (Date.now() - since > giveUpMs)
        throw new CommandError(
          EXIT.unavailable,
          `Temporal has not answered for ${Math.round(giveUpMs / 1000)} s; the run is kept and goes on when it is back: ${runbookCommand('status', [workflowId])}`,
        );
      onAway();
      await sleep(AGAIN_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

/** Nobody answered, or somebody who cannot answer yet; not an answer about the run. */
function isAway(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return isGrpcServiceError(cause) && (cause.code === DEADLINE_EXCEEDED || isRetryableError(cause));
}
