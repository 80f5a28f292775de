import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERRORS, type ErrorEntry } from '../src/domain/errors.ts';

/** docs/errors.md, made from the catalogue. */
export function renderErrors(): string {
  const rows = Object.entries<ErrorEntry>(ERRORS).map(
    ([type, { meaning, remedy, retryable }]) =>
      `| \`${type}\` | ${meaning} | ${remedy} | ${retryable ? 'yes' : 'no'} |`,
  );
  return [
    '# Errors',
    '',
    'Generated from `src/domain/errors.ts` by `node docs/write-errors.ts`; do not edit.',
    '',
    'Every expected error is an `ApplicationFailure` with one of these types, in activities and as the end of a',
    'workflow. A workflow that fails holds its whole report in the details of the failure. Anything else that stops',
    'a workflow task is a bug: the run waits for a mended worker and goes on from there.',
    '',
    '| type | what happened | what to do | tried again by itself |',
    '|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

if (import.meta.main) writeFileSync(join(import.meta.dirname, 'errors.md'), renderErrors());
