import { expectUnharmed } from './demands.ts';
import { release } from './killed-run.ts';
import type { Point } from './points.ts';
import type { Trial } from './trial.ts';
import type { Case } from './trials.ts';

/** The Temporal server killed with -9 at a point and started again on its database file; the worker goes on. */
export function serverKilledAt(
  point: Point,
  target: Trial['target'],
  open: (name: string) => Promise<Trial>,
): Case<true> {
  const ends = 'rolled back and proved, one write, told once, recorded';
  return {
    row: { family: 'Temporal server killed', fault: `kill -9 ${point.name}`, target, ends },
    title: `server kill -9 ${point.name} ${point.nth}`,
    open,
    run: (trial) => serverKilledRun(trial, point),
  };
}

async function serverKilledRun(trial: Trial, point: Point): Promise<true | undefined> {
  await trial.worker();
  let isKilled = false;
  const restarted = Promise.withResolvers<void>();
  await point.arm(trial, {
    alone: false,
    async strike() {
      isKilled = true;
      await trial.temporal.restart().then(restarted.resolve, restarted.reject);
      return undefined;
    },
  });
  const handle = await trial.runs.start(trial.request);
  const report = await trial.runs.end(handle);
  if (!isKilled) return undefined;
  await restarted.promise;
  release(trial);
  await expectUnharmed(trial, report);
  return true;
}
