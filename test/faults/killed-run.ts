import type { WorkflowHandle } from '@temporalio/client';
import { answer } from '../../sandbox/faults/index.ts';
import { parseHistory } from '../../src/report/history-file.ts';
import type { Managed } from '../../tools/processes/index.ts';
import { until } from '../../tools/until.ts';
import { expectUnharmed } from './demands.ts';
import { callPoint, eventPoint, type Point } from './points.ts';
import type { Trial } from './trial.ts';
import { type Case, goThrough } from './trials.ts';
import { labelled } from './undisturbed.ts';

/** A worker that was killed. */
export interface Killed {
  /** Events right after which it was: see `labelled`. */
  readonly rightAfter: readonly string[];
}

type Open = (name: string) => Promise<Trial>;

const FAMILY = {
  family: 'worker killed',
  ends: 'rolled back and proved, one write, told once, recorded',
} as const;

/** A worker killed with -9 at a point, as a case. */
export function killedAt(point: Point, target: Trial['target'], open: Open): Case<Killed> {
  return {
    row: { ...FAMILY, fault: `kill -9 ${point.name}`, target },
    title: `kill -9 ${point.name} ${point.nth}`,
    open,
    async run(trial) {
      const begun = await beginAndKill(trial, point);
      if (!begun) return undefined;
      await trial.worker();
      await expectUnharmed(trial, await begun.end);
      return { rightAfter: begun.rightAfter };
    },
  };
}

/**
 * Which events of an undisturbed run no kill came right after. Steps that run at the same time are answered in any order,
 * so the events that one call wrote differ from run to run: for those that were missed a worker is killed by the event.
 */
export async function missedEvents(
  events: readonly string[],
  kills: readonly Killed[],
  target: Trial['target'],
  open: Open,
  atOnce: number,
): Promise<readonly string[]> {
  const covered = new Set(kills.flatMap(({ rightAfter }) => rightAfter));
  const missed = events.filter((event) => !covered.has(event));
  const more = await goThrough(
    missed.map((event): Case<Killed> => {
      const { run, ...one } = killedAt(eventPoint(event), target, open);
      const title = `kill -9 as soon as ${event} is in the history`;
      const isIt = (killed: Killed | undefined) => killed && { rightAfter: [event] };
      return { ...one, title, run: async (trial) => isIt(await run(trial)) };
    }),
    atOnce,
  );
  const reached = more.flatMap(({ rightAfter }) => rightAfter);
  return missed.filter((event) => !reached.includes(event));
}

/** As `killedAt`, and the next worker is killed as soon as it is given the step again. */
export function killedTwice(point: Point, target: Trial['target'], open: Open): Case<Killed> {
  return {
    row: { ...FAMILY, fault: `kill -9 ${point.name}, and again when the step is given to the next`, target },
    title: `kill -9 ${point.name} ${point.nth}, and again`,
    open,
    async run(trial) {
      const begun = await beginAndKill(trial, point);
      if (!begun) return undefined;
      const second = await trial.worker();
      callPoint('after', 'PollActivityTaskQueue', 1).arm(trial, {
        alone: true,
        strike: () => killed(second),
      });
      const isOver = await Promise.race([second.exited.then(() => false), begun.end.then(() => true)]);
      if (isOver) return undefined;
      trial.rpc.hook({});
      await trial.worker();
      await expectUnharmed(trial, await begun.end);
      return { rightAfter: begun.rightAfter };
    },
  };
}

/** A worker killed with -9 when nothing of the run has reached it: the history holds what its start wrote. */
export function killedBeforehand(target: Trial['target'], open: Open): Case<Killed> {
  const fault = 'kill -9 before it hears of the run';
  return {
    row: { ...FAMILY, fault, target },
    title: fault,
    open,
    async run(trial) {
      await killed(await trial.worker());
      const handle = await trial.runs.start(trial.request);
      const rightAfter = await eventsOf(trial, handle);
      await trial.worker();
      await expectUnharmed(trial, await trial.runs.end(handle));
      return { rightAfter };
    },
  };
}

/** A step that fails once and is given out anew, with a worker killed at each moment of that. */
export function killedWhileRetrying(target: Trial['target'], open: Open): Case<Killed>[] {
  const openFlaky: Open = async (name) => {
    const trial = await open(name);
    trial.servers.receiver.rule({ times: 1 }, answer(503));
    return trial;
  };
  const points = [
    callPoint('before', 'RespondActivityTaskFailed', 1),
    callPoint('after', 'RespondActivityTaskFailed', 1),
    callPoint('after', 'PollActivityTaskQueue', 1),
  ];
  return points.map((point) => killedAt(point, target, openFlaky));
}

/** Begins a run and kills its worker at a point; nothing when the run never came there. */
async function beginAndKill(trial: Trial, point: Point) {
  const worker = await trial.worker();
  const handle = Promise.withResolvers<WorkflowHandle>();
  const events = async () => eventsOf(trial, await handle.promise);
  let before: readonly string[] | undefined;
  let rightAfter: readonly string[] = [];
  let struck = false;
  await point.arm(trial, {
    alone: true,
    workflowId: handle.promise.then(({ workflowId }) => workflowId),
    events,
    async arriving() {
      before = await events();
    },
    async strike() {
      struck = true;
      const now = await events();
      // What one call wrote is one transaction of the server: no history ends within it.
      rightAfter = now.slice(Math.min(before?.length ?? now.length, now.length - 1));
      return killed(worker);
    },
  });
  handle.resolve(await trial.runs.start(trial.request));
  const end = handle.promise.then(trial.runs.end);
  // Whoever waits for the result may hear of a run's end before the answer that closes it has come to the proxy.
  const isStruck = () => until('the strike', async () => struck, { withinMs: 2_000 }).catch(() => false);
  const isKilled = await Promise.race([worker.exited.then(() => true), end.then(isStruck)]);
  if (!isKilled) return undefined;
  await worker.exited;
  release(trial);
  return { end, rightAfter };
}

async function killed(worker: Managed): Promise<'drop'> {
  process.kill(worker.pid, 'SIGKILL');
  await worker.exited;
  return 'drop';
}

async function eventsOf({ runs }: Trial, { workflowId }: WorkflowHandle): Promise<readonly string[]> {
  return labelled(parseHistory(await runs.history(workflowId)).events);
}

/** Lets everything pass again. */
export function release({ rpc, servers }: Trial): void {
  rpc.hook({});
  for (const server of Object.values(servers)) server.heal();
}
