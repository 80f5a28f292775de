import type { RunReport } from '../../../src/domain/ledger/ledger.ts';
import type { Killed } from './killing.ts';

/** One rollback, what was killed in it, and what others saw of it. */
export interface Round {
  readonly report: Pick<RunReport, 'outcome'>;
  readonly killed: readonly Killed[];
  /** Effective changes of the service, and what was counted. */
  readonly changes: number;
  readonly counted: string;
  /** Messages that the channel got. */
  readonly messages: number;
}

/**
 * Whether everything was killed and nothing was lost.
 * @param names everything that was to be killed.
 */
export function verdictOf(
  names: readonly string[],
  rounds: readonly Round[],
): { readonly lines: readonly string[]; readonly well: boolean } {
  const killed = rounds.flatMap((round) => round.killed);
  const spared = names.filter((name) => !killed.some((one) => one.name === name));
  const each = (pick: (round: Round) => unknown) => rounds.map(pick).join(', ');
  const facts: readonly (readonly [boolean, string])[] = [
    [
      spared.length === 0,
      `killed with -9 in the middle of a run: ${killed.length} processes, ${names.length - spared.length} of ${names.length} kinds`,
    ],
    ...(spared.length > 0 ? ([[false, `not killed: ${spared.join(', ')}`]] as const) : []),
    [
      rounds.every(({ report }) => report.outcome === 'rolled-back'),
      `outcome of each rollback: ${each(({ report }) => report.outcome)}`,
    ],
    [
      rounds.every(({ changes }) => changes === 1),
      `${rounds[0]?.counted ?? 'changes'}, in each rollback: ${each(({ changes }) => changes)}`,
    ],
    [
      rounds.every(({ messages }) => messages === 1),
      `messages that the channel got, in each rollback: ${each(({ messages }) => messages)}`,
    ],
  ];
  const well = rounds.length > 0 && facts.every(([holds]) => holds);
  return { well, lines: facts.map(([holds, line]) => `${holds ? '✓' : '✗'} ${line}`) };
}
