import { countRow, type Row } from './rows.ts';

/** Carries out one run and counts it: right when it ends as demanded, and as a failed test when it does not. */
export async function counted(row: Omit<Row, 'runs' | 'right'>, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    await countRow({ ...row, runs: 1, right: 0 });
    throw error;
  }
  await countRow({ ...row, runs: 1, right: 1 });
}
