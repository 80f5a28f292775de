import { expect } from 'vitest';
import type { ErrorType } from '../../../src/domain/errors.ts';
import type { LedgerEntry, RunReport } from '../../../src/domain/ledger/ledger.ts';
import type { Stage } from '../../stories/stage.ts';
import { counted } from '../counted.ts';
import { type Deployed, openWorld, type World } from './behind-proxy.ts';

/** How a run has to end. */
export interface End {
  /** Undefined: rolled back. */
  readonly error?: ErrorType;
  /** Writes to the Deployment that the API server takes. */
  readonly writes: number;
  /** Messages to people; default: one, of the end. */
  readonly told?: number;
  /** In words, where there is more to say than that. */
  readonly also?: string;
}

export const ROLLED_BACK: End = { writes: 1 };

/** One fault and what has to come of it. */
export interface FaultCase {
  readonly fault: string;
  readonly end: End;
  readonly deployed?: Deployed;
  /** Part of the short form. */
  readonly short?: boolean;
  /** Until the run has to have ended, in milliseconds. */
  readonly withinMs?: number;
  /**
   * Arms the fault before the run begins.
   * @returns what has to be true when it has ended: above all that the fault was done.
   */
  arm(world: World): Promise<Afterwards> | Afterwards;
}

export type Afterwards = (report: RunReport) => void | Promise<void>;

/** In words, for the table and the title of the test. */
export function endOf({ error, writes, also }: End): string {
  const number = ['no write', 'one write', 'two writes'][writes] ?? `${writes} writes`;
  return [error ?? 'rolled back', number, ...(also ? [also] : [])].join(', ');
}

/** Deploys, does the fault to a run, and demands its end. */
export function carryOut(
  stage: Stage,
  family: string,
  { fault, end, deployed, arm }: FaultCase,
): Promise<void> {
  return counted({ family, fault, target: 'Kubernetes', ends: endOf(end) }, async () => {
    const world = await openWorld(stage, deployed);
    try {
      const afterwards = await arm(world);
      const report = await world.cast.rollback(world.request ?? {});
      expect(world.proxy.problems).toEqual([]);
      expect(report.error?.type, report.error?.message).toBe(end.error);
      expect(report.outcome).toBe(end.error ? 'failed' : 'rolled-back');
      expect(await world.effectiveWrites()).toBe(end.writes);
      expect(world.cast.channel.received).toHaveLength(end.told ?? 1);
      await afterwards(report);
    } finally {
      await world.close();
    }
  });
}

/** The entry of a step. */
export function entryOf({ ledger }: RunReport, step: LedgerEntry['step']): LedgerEntry {
  const entry = ledger.find((one) => one.step === step);
  if (!entry) throw new Error(`${step} is not in the ledger`);
  return entry;
}
