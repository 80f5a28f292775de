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

/** Every case has a service of its own name. */
let timesGone = 0;

/** Steps that run at the same time end in any order, so that a run may not come where another one came: tried so often. */
const TRIES = 4;

/**
 * Goes through the cases, several at a time, each on a service of its own, and counts the rows.
 * @returns what the cases gave.
 * @throws AggregateError of the cases that did not end right, and of the rows that no case came to.
 */
export async function goThrough<T>(cases: readonly Case<T>[], atOnce: number): Promise<T[]> {
  const waiting = [...cases.entries()];
  const results: T[] = [];
  const failures: Error[] = [];
  const rows = new Map<string, Row>();
  timesGone += 1;
  const nameOf = (index: number) => `case-${timesGone > 1 ? `${timesGone}-` : ''}${index + 1}`;
  async function next(): Promise<void> {
    for (let entry = waiting.shift(); entry; entry = waiting.shift()) {
      const [index, one] = entry;
      const counted = rows.get(one.row.fault) ?? { ...one.row, runs: 0, right: 0 };
      rows.set(one.row.fault, counted);
      const begun = Date.now();
      const end = await attempt(one, nameOf(index)).then(
        (result) => {
          if (result === undefined) return 'not reached';
          results.push(result);
          return 'right';
        },
        (error: Error) => {
          failures.push(new Error(`${one.title}: ${error.message}`, { cause: error }));
          return `WRONG (${error.message.split('\n')[0]})`;
        },
      );
      if (EVERYTHING) tell(`${end} after ${seconds(begun)} s: ${one.title}`);
      if (end === 'not reached') continue;
      const { runs, right } = rows.get(one.row.fault) ?? counted;
      rows.set(one.row.fault, { ...counted, runs: runs + 1, right: right + (end === 'right' ? 1 : 0) });
    }
  }
  await Promise.all(Array.from({ length: atOnce }, next));
  for (const row of rows.values()) {
    await countRow(row);
    if (row.runs === 0) failures.push(new Error(`${row.fault}: no run came to it`));
  }
  if (failures.length > 0)
    throw new AggregateError(failures, failures.map(({ message }) => message).join('\n'));
  return results;
}

/** @returns nothing when no try came to it: a heartbeat more or less is chance, and another case of the row has to. */
async function attempt<T>({ open, run }: Case<T>, name: string): Promise<T | undefined> {
  for (let tried = 1; tried <= TRIES; tried += 1) {
    const trial = await open(`${name}-${tried}`);
    try {
      const result = await run(trial);
      if (result !== undefined) return result;
    } finally {
      await trial.close();
    }
  }
  return undefined;
}

/** Going through everything takes minutes: whoever waits sees how far it is. */
function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

function seconds(since: number): string {
  return ((Date.now() - since) / 1000).toFixed(1);
}
