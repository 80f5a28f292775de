import { parseHistory } from '../../src/report/history-file.ts';
import { expectUnharmed } from './demands.ts';
import type { Point } from './points.ts';
import type { Trial } from './trial.ts';
import type { Case } from './trials.ts';
import { labelled } from './undisturbed.ts';

/** A worker that was killed. */
export interface Killed {
  /** Events right after which it was: see `labelled`. */
  readonly rightAfter: readonly string[];
}

/** A worker killed with -9 at a point, as a case. */
export function killedAt(
  point: Point,
  target: Trial['target'],
  open: (name: string) => Promise<Trial>,
): Case<Killed> {
  const ends = 'rolled back and proved, one write, told once, recorded';
  return {
    row: { family: 'worker killed', fault: `kill -9 ${point.name}`, target, ends },
    title: `kill -9 ${point.name} ${point.nth}`,
    open,
    run: (trial) => killedRun(trial, point),
  };
}

/** Kills the worker at a point, starts a fresh one, and demands that the run ends unharmed. */
async function killedRun(trial: Trial, point: Point): Promise<Killed | undefined> {
  const worker = await trial.worker();
  const handle = Promise.withResolvers<Awaited<ReturnType<Trial['runs']['start']>>>();
  const events = async () =>
    labelled(parseHistory(await trial.runs.history((await handle.promise).workflowId)).events);
  let before: readonly string[] | undefined;
  let rightAfter: readonly string[] = [];
  let struck = false;
  await point.arm(trial, {
    alone: true,
    async arriving() {
      before = await events();
    },
    async strike() {
      struck = true;
      const now = await events();
      // What one call wrote is one transaction of the server: no history ends within it.
      rightAfter = now.slice(Math.min(before?.length ?? now.length, now.length - 1));
      process.kill(worker.pid, 'SIGKILL');
      await worker.exited;
      return 'drop';
    },
  });
  handle.resolve(await trial.runs.start(trial.request));
  const end = handle.promise.then(trial.runs.end);
  const isKilled = await Promise.race([worker.exited.then(() => true), end.then(() => struck)]);
  if (!isKilled) return undefined;
  await worker.exited;
  release(trial);
  await trial.worker();
  await expectUnharmed(trial, await end);
  return { rightAfter };
}

/** A worker killed with -9 when nothing of the run has reached it: the history holds what its start wrote. */
export function killedBeforehand(
  target: Trial['target'],
  open: (name: string) => Promise<Trial>,
): Case<Killed> {
  const ends = 'rolled back and proved, one write, told once, recorded';
  const fault = 'kill -9 before it hears of the run';
  return {
    row: { family: 'worker killed', fault, target, ends },
    title: fault,
    open,
    async run(trial) {
      const worker = await trial.worker();
      process.kill(worker.pid, 'SIGKILL');
      await worker.exited;
      const handle = await trial.runs.start(trial.request);
      const rightAfter = labelled(parseHistory(await trial.runs.history(handle.workflowId)).events);
      await trial.worker();
      await expectUnharmed(trial, await trial.runs.end(handle));
      return { rightAfter };
    },
  };
}

/** Lets everything pass again. */
export function release({ rpc, servers }: Trial): void {
  rpc.hook({});
  for (const server of Object.values(servers)) server.heal();
}
