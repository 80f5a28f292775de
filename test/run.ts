/** What `npm test` runs: lint, types, the external programs, then the tests. Arguments are handed to vitest. */
import { interruptedBySignals, runProgram, runVitest, toolsAreHere } from './programs.ts';
import { lastLine, one, sum } from './tally.ts';

const interrupted = interruptedBySignals();
const checks = [
  one((await runProgram('biome', ['check', '.'], interrupted)) === 0),
  one((await runProgram('tsc', ['--noEmit'], interrupted)) === 0),
  ...(await toolsAreHere(interrupted)),
];
const tests = await runVitest(process.argv.slice(2), interrupted);
const total = sum([...checks, tests]);
const nothingRan = tests.passed + tests.failed === 0;
const skippedInCi = Boolean(process.env.CI) && total.skipped > 0;
if (nothingRan) console.error('no test ran');
if (skippedInCi) console.error('in CI no test may be skipped');
process.exitCode = total.failed > 0 || nothingRan || skippedInCi || interrupted.aborted ? 1 : 0;
console.log(lastLine(total));
