import fc from 'fast-check';
import { countRow, type Row } from './rows.ts';

/**
 * Holds a property against many generated inputs and counts them as one row. The short form goes through the same
 * inputs every time, so that it fails for a change alone; `RUNBOOK_FAULT_SEED` chooses others.
 * @throws Error with the smallest input that was found to fail, and the seed.
 */
export async function everyInput<T>(
  row: Omit<Row, 'runs' | 'right'>,
  runs: number,
  inputs: fc.Arbitrary<T>,
  holds: (input: T) => void | Promise<void>,
): Promise<void> {
  const details = await fc.check(
    fc.asyncProperty(inputs, async (input) => void (await holds(input))),
    {
      numRuns: runs,
      seed: seed(),
      interruptAfterTimeLimit: 240_000,
      markInterruptAsFailure: true,
    },
  );
  await countRow({ ...row, runs: details.numRuns, right: details.numRuns - (details.failed ? 1 : 0) });
  if (!details.failed) return;
  const { errorInstance } = details;
  // The input may be huge; seed and path make it again.
  const report = fc.defaultReportMessage(details)?.slice(0, 3000);
  throw new Error(`${errorInstance}\n${report}`, { cause: errorInstance });
}

/** Seed of the generated inputs. */
export function seed(): number {
  return Number(process.env.RUNBOOK_FAULT_SEED ?? 5);
}
