import { countRow, EVERYTHING, type Row } from './rows.ts';
import type { Trial } from './trial.ts';

/** One disturbed run. */
export interface Case<T> {
  /** Where it is counted. */
  readonly row: Omit<Row, 'runs' | 'right'>;
  /** Which of its row. */
  readonly title: string;
  open(name: string): Promise<Trial>;
  /** @returns nothing when the run went its way without coming to what was meant. */
  run(trial: Trial): Promise<T | undefined>;
}

/** Steps that run at the same time end in any order, so that a run may not come where another one came: tried so often. */
const TRIES = 4;

/**
 * Goes through the cases, several at a time, each on a service of its own, and counts the rows.
 * @returns what the cases gave.
 * @throws AggregateError of the cases that did not end right.
 */
export async function goThrough<T>(cases: readonly Case<T>[], atOnce: number): Promise<T[]> {
  const waiting = [...cases.entries()];
  const results: T[] = [];
  const failures: Error[] = [];
  const rows = new Map<string, Row>();
  async function next(): Promise<void> {
    for (let entry = waiting.shift(); entry; entry = waiting.shift()) {
      const [index, one] = entry;
      let right = 0;
      const begun = Date.now();
      try {
        results.push(await attempt(one, `case-${index + 1}`));
        right = 1;
      } catch (error) {
        failures.push(new Error(`${one.title}: ${(error as Error).message}`, { cause: error }));
      }
      if (EVERYTHING) tell(`${right === 1 ? 'right' : 'WRONG'} after ${seconds(begun)} s: ${one.title}`);
      const counted = rows.get(one.row.fault) ?? { ...one.row, runs: 0, right: 0 };
      rows.set(one.row.fault, { ...counted, runs: counted.runs + 1, right: counted.right + right });
    }
  }
  await Promise.all(Array.from({ length: atOnce }, next));
  for (const row of rows.values()) await countRow(row);
  if (failures.length > 0)
    throw new AggregateError(failures, failures.map(({ message }) => message).join('\n'));
  return results;
}

async function attempt<T>({ open, run }: Case<T>, name: string): Promise<T> {
  for (let tried = 1; tried <= TRIES; tried += 1) {
    const trial = await open(`${name}-${tried}`);
    try {
      const result = await run(trial);
      if (result !== undefined) return result;
    } finally {
      await trial.close();
    }
  }
  throw new Error(`no run of ${TRIES} came to it`);
}

/** Going through everything takes minutes: whoever waits sees how far it is. */
function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

function seconds(since: number): string {
  return ((Date.now() - since) / 1000).toFixed(1);
}
