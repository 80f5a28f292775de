/**
 * What `npm test` runs: lint, types, the external programs, then the tests. Arguments are handed to vitest; where they name
 * files (`npm test -- test/domain`) these are run at once, without lint and types.
 */
import { checkSources, interruptedBySignals, runProgram, runVitest, toolsAreHere } from './programs.ts';
import { lastLine, sum } from './tally.ts';

const interrupted = interruptedBySignals();
const args = process.argv.slice(2);
const [sources, tools] = await Promise.all([
  checkSources(args, (program, how) => runProgram(program, how, interrupted)),
  toolsAreHere(interrupted),
]);
const checks = [...sources, ...tools];
const tests = await runVitest(args, interrupted);
const total = sum([...checks, tests]);
const nothingRan = tests.passed + tests.failed === 0;
const skippedInCi = Boolean(process.env.CI) && total.skipped > 0;
if (nothingRan) console.error('no test ran');
if (skippedInCi) console.error('in CI no test may be skipped');
process.exitCode = total.failed > 0 || nothingRan || skippedInCi || interrupted.aborted ? 1 : 0;
console.log(lastLine(total));
