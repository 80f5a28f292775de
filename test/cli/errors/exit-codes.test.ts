import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EXIT, exitCodeOf } from '../../../src/cli/errors/exit-codes.ts';
import type { LedgerEntry, RunReport } from '../../../src/domain/ledger/ledger.ts';

const begun = [{ step: 'roll-back', outcome: 'completed', changed: true } as LedgerEntry];
const nothingWritten = [{ step: 'roll-back', outcome: 'completed', changed: false } as LedgerEntry];
const unanswered = [
  { step: 'roll-back', outcome: 'failed', error: { type: 'StepTimedOut', message: '' } } as LedgerEntry,
];

describe('the exit code of a run', () => {
  it.each<[Partial<RunReport> & { error?: RunReport['error'] }, number]>([
    [{ outcome: 'rolled-back' }, 0],
    [{ outcome: 'already-there' }, 0],
    [{ outcome: 'planned' }, 0],
    [{ outcome: 'known-good' }, 0],
    [{ outcome: 'running' }, 1],
    [{ outcome: 'failed', error: { type: 'InvalidRequest', message: '' } }, 2],
    [{ outcome: 'failed', error: { type: 'AccessDenied', message: '' } }, 3],
    [{ outcome: 'failed', error: { type: 'WorkloadChanged', message: '' } }, 3],
    [{ outcome: 'failed', error: { type: 'WorkloadChanged', message: '' }, ledger: begun }, 6],
    [{ outcome: 'failed', error: { type: 'WorkloadChanged', message: '' }, ledger: nothingWritten }, 3],
    [{ outcome: 'failed', error: { type: 'StepTimedOut', message: '' }, ledger: unanswered }, 6],
    [{ outcome: 'failed', error: { type: 'RunTerminated', message: '' } }, 3],
    [{ outcome: 'failed', error: { type: 'RunTerminated', message: '' }, ledger: begun }, 6],
    [{ outcome: 'not-proved', error: { type: 'VerificationFailed', message: '' } }, 4],
    [{ outcome: 'not-known-good', error: { type: 'VerificationFailed', message: '' } }, 4],
    [{ outcome: 'not-proved', error: { type: 'VerificationInconclusive', message: '' } }, 5],
    [{ outcome: 'failed', error: { type: 'RolloutFailed', message: '' } }, 6],
    [{ outcome: 'failed', error: { type: 'RolloutTimedOut', message: '' } }, 6],
    [{ outcome: 'restored', error: { type: 'RolloutFailed', message: '' }, ledger: begun }, 10],
    [{ outcome: 'restored', error: { type: 'VerificationFailed', message: '' }, ledger: begun }, 10],
    [{ outcome: 'joined' }, 0],
    [{ outcome: 'stayed-well' }, 0],
    [{ outcome: 'superseded' }, 0],
    [{ outcome: 'changed-back', error: { type: 'ChangedBack', message: '' } }, 4],
    [{ outcome: 'failed', error: { type: 'NotWellAgain', message: '' } }, 4],
    [{ outcome: 'failed', error: { type: 'RollbackInProgress', message: '' } }, 9],
    [{ outcome: 'failed', error: { type: 'ApprovalRejected', message: '' } }, 3],
    [{ outcome: 'failed', error: { type: 'ApprovalExpired', message: '' } }, 3],
    [{ outcome: 'expired', error: { type: 'StartExpired', message: '' } }, 11],
    [{ outcome: 'failed', error: { type: 'StartRefused', message: '' } }, 2],
    [{ outcome: 'not-warranted' }, 12],
    [{ outcome: 'failed', error: { type: 'NotWarranted', message: '' } }, 12],
    [{ outcome: 'failed', error: { type: 'PreconditionFailed', message: '' } }, 3],
    [{ outcome: 'cancelled' }, 7],
    [{ outcome: 'cancelled', ledger: begun }, 7],
  ])('%j: %i', (report, code) => {
    expect(exitCodeOf({ ledger: [], ...report } as unknown as RunReport)).toBe(code);
  });

  it('stands in docs/cli.md', () => {
    const page = readFileSync(join(import.meta.dirname, '../../../docs/cli.md'), 'utf8');
    const listed = [...page.matchAll(/^\| (\d+) +\|/gm)].map(([, code]) => Number(code));
    expect(listed).toEqual(Object.values(EXIT).sort((a, b) => a - b));
  });
});
