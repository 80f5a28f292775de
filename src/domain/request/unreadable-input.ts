/** Under this key stands what was wrong; no request has a field of that name. */
const UNREADABLE = 'rollback-runbook/unreadable';

/** Stands for an input of a run (its start, an update, a signal) that could not be read. It survives JSON. */
export interface UnreadableInput {
  readonly [UNREADABLE]: string;
}

/** @param problem for people: `not JSON (json/plain)`. */
export function unreadableInput(problem: string): UnreadableInput {
  return { [UNREADABLE]: problem };
}

/** What was wrong with an input that could not be read; nothing for one that was read. */
export function unreadableProblem(input: unknown): string | undefined {
  if (typeof input !== 'object' || input === null || !Object.hasOwn(input, UNREADABLE)) return undefined;
  return String((input as UnreadableInput)[UNREADABLE]);
}
