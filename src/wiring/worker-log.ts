import { format } from 'node:util';
import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import { logEntry } from '../domain/media/terminal.ts';

/** One entry of the worker's log, with the time: the only way into it. */
export function log(text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${logEntry(text)}\n`);
}

/** What the SDK logs, by the same way: names of workflows and errors come from outside. */
export function sdkLogger(): DefaultLogger {
  return new DefaultLogger('WARN', ({ level, message, meta }: LogEntry) =>
    log(`[${level}] ${message}${meta === undefined ? '' : ` ${format(meta)}`}`),
  );
}
