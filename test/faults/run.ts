/**
 * What `npm run test:faults` runs: every test of test/faults, the demos and families of the Compose target in their long form,
 * counted into docs/reliability.md.
 * Arguments are handed to vitest: a run of a part (`npm run test:faults -- test/faults/service.test.ts`) replaces its own
 * rows, when all of them are right.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { interruptedBySignals, runVitest, toolsAreHere } from '../programs.ts';
import { lastLine, one, sum } from '../tally.ts';
import { addedUp, isPerfect, parseRows, renewed, rowsOf, withTables } from './tables.ts';

/** Families of the Compose target, of which `npm test` goes through one case of three. */
const COMPOSE_FAMILIES = ['containerd', 'half', 'killed', 'failed-start', 'shapes'].map(
  (name) => `test/targets/compose/${name}.test`,
);

const DOCUMENT = join(import.meta.dirname, '..', '..', 'docs', 'reliability.md');

const interrupted = interruptedBySignals();
const args = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'runbook-faults-'));
const rowsFile = join(folder, 'rows');
try {
  writeFileSync(rowsFile, '');
  const tools = await toolsAreHere(interrupted);
  // One file after the other: each keeps two cores busy, and their trials have time-outs.
  const everything = [
    'test/faults',
    'test/sandbox/chaos.test',
    'test/sandbox/demo.test',
    ...COMPOSE_FAMILIES,
    '--maxWorkers=1',
  ];
  const tests = await runVitest(args.length > 0 ? args : everything, interrupted, {
    RUNBOOK_FAULTS: 'everything',
    RUNBOOK_FAULT_ROWS: rowsFile,
  });
  const rows = parseRows(readFileSync(rowsFile, 'utf8'));
  const isWhole = args.length === 0;
  // Families of a target have no rows: a part of these alone counts by its tests.
  const perfect = isPerfect(rows) || (!isWhole && rows.length === 0);
  if (!perfect) console.error('not every run ended as it has to');
  if ((isWhole || (perfect && rows.length > 0)) && !interrupted.aborted) {
    const day = new Date().toISOString().slice(0, 10);
    const document = readFileSync(DOCUMENT, 'utf8');
    writeFileSync(
      DOCUMENT,
      withTables(document, isWhole ? rows : renewed(rowsOf(document), addedUp(rows)), day),
    );
  }
  // A whole run shows every table; what had to be skipped would be missing there.
  const complete = !isWhole || tests.skipped === 0;
  if (!complete) console.error('tests were skipped: the tables are not complete');
  const total = sum([...tools, tests, ...(perfect ? [] : [one(false)])]);
  process.exitCode = total.failed > 0 || !complete || interrupted.aborted ? 1 : 0;
  console.log(lastLine(total));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
