import { RunbookError } from '../../../../domain/errors.ts';

/** A place in a file, for messages. */
export interface Line {
  readonly path: string;
  /** 1-based. */
  readonly line: number;
}

/** The refusal of a compose file: where, what, and what to do. */
export function unsupported(at: Line | string, problem: string): RunbookError {
  const where = typeof at === 'string' ? at : `${at.path} line ${at.line}`;
  return new RunbookError('ComposeFileUnsupported', `${where}: ${problem}`);
}
