import { format } from 'node:util';
import { DefaultLogger, type LogEntry, makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import { isErrorType } from '../domain/errors.ts';
import { logEntry } from '../domain/media/terminal.ts';

/** One entry of the worker's log, with the time: the only way into it. */
export function log(text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${logEntry(text)}\n`);
}

export interface RuntimeOptions {
  /** Signals that end the workers of the process; default: those of the SDK. */
  readonly shutdownSignals?: [];
  /** Whether a step or run that ends by an expected error is an entry; a command shows it anyway. */
  readonly logsExpected: boolean;
}

/** Sets up the SDK once for the process: what it logs, its core too, goes into the log of this worker. */
export function installRuntime({ logsExpected, ...options }: RuntimeOptions): void {
  const level = logsExpected ? 'WARN' : 'ERROR';
  Runtime.install({
    ...options,
    logger: new DefaultLogger('WARN', (entry) => {
      const text = entryOf(entry, logsExpected);
      if (text !== undefined) log(`[${entry.level}] ${text}`);
    }),
    telemetryOptions: {
      logging: { filter: makeTelemetryFilterString({ core: level, other: 'ERROR' }), forward: {} },
    },
  });
}

/** An entry in words: one line for what is expected, everything for what is not. */
export function entryOf(
  { message, meta }: Pick<LogEntry, 'message' | 'meta'>,
  logsExpected: boolean,
): string | undefined {
  const expected = expectedIn(message, meta);
  if (expected !== undefined) return logsExpected ? expected : undefined;
  return `${message}${meta === undefined ? '' : ` ${format(meta)}`}`;
}

/** A step that has failed with an error of the catalogue, or a run that ended by one: the ledger has it. */
function expectedIn(message: string, meta: LogEntry['meta'] = {}): string | undefined {
  const { error, activityType, attempt, workflowId, workflowType } = meta;
  const { type, message: problem } = (error ?? {}) as { type?: string; message?: string };
  if (message === 'Workflow failed') return `${workflowType} ${workflowId} failed: ${problem}`;
  if (message !== 'Activity failed' || !isErrorType(type ?? '')) return undefined;
  return `${activityType} of ${workflowId} failed (attempt ${attempt}): ${type}: ${problem}`;
}
