import { type EnvAssignment, readEnvText } from '../../../../domain/env-text.ts';
import { lineNumbers } from './lines.ts';
import { unsupported } from './unsupported.ts';

/** One `NAME=value` of an env file of a project. */
export interface Assignment extends EnvAssignment {
  /** 1-based. */
  readonly line: number;
}

/**
 * Reads an env file as Compose does.
 * @throws RunbookError ComposeFileUnsupported; the message does not repeat the text.
 */
export function parseEnvFile(path: string, text: string): readonly Assignment[] {
  const read = readEnvText(text);
  const lineAt = lineNumbers(text);
  if ('problem' in read) {
    const remedy = read.problem === 'no NAME=value' ? '; mend the line' : '';
    throw unsupported({ path, line: lineAt(read.at) }, `${read.problem}${remedy}`);
  }
  return read.assignments.map((assignment) => ({ ...assignment, line: lineAt(assignment.at) }));
}
