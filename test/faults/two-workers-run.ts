import { readFile } from 'node:fs/promises';
import { kindOf, parseHistory } from '../../src/report/history-file.ts';
import type { Managed } from '../../tools/processes/index.ts';
import { until } from '../../tools/until.ts';
import { expectUnharmed } from './demands.ts';
import { release } from './killed-run.ts';
import { bringsTask, type Point } from './points.ts';
import type { Trial } from './trial.ts';
import type { Case } from './trials.ts';

/** What happens to the worker that has the run. */
export type Fate = keyof typeof FATES;

const FATES = {
  killed: 'one killed with -9',
  /** It stands still past its time-out: what it was about to say or ask goes out when the other one is at it. */
  stopped: 'one stopped, and continued when the other is at it,',
  /** The same, but the other one has already done the step. */
  overtaken: 'one stopped, and continued when the other has done it,',
} as const;

/** A run whose worker meets its fate at a point while another one is there. */
export function oneOfTwo(
  fate: Fate,
  point: Point,
  target: Trial['target'],
  open: (name: string) => Promise<Trial>,
): Case<true> {
  const ends = 'rolled back and proved, one write, told once, recorded';
  return {
    row: { family: 'two workers', fault: `${FATES[fate]} ${point.name}`, target, ends },
    title: `${fate} ${point.name} ${point.nth}`,
    open,
    run: (trial) => oneOfTwoRun(trial, point, fate),
  };
}

async function oneOfTwoRun(trial: Trial, point: Point, fate: Fate): Promise<true | undefined> {
  const first = await trial.worker();
  const workflowId = Promise.withResolvers<string>();
  const takenOver = Promise.withResolvers<void>();
  let struck = false;
  const strike = async () => {
    struck = true;
    const id = await workflowId.promise;
    if (fate === 'killed') {
      process.kill(first.pid, 'SIGKILL');
      await first.exited;
      return 'drop' as const;
    }
    const progress = fate === 'overtaken' ? stepsDone : attemptsOf;
    const before = await progress(trial, id);
    process.kill(first.pid, 'SIGSTOP');
    try {
      const isOver = async () => (await progress(trial, id)) > before;
      await until('another worker to take over', isOver, { withinMs: 90_000 });
    } finally {
      process.kill(first.pid, 'SIGCONT');
    }
    takenOver.resolve();
    // What the worker was about to say or to ask goes out now, too late.
    return undefined;
  };
  withSecond(trial, () => point.arm(trial, { alone: fate === 'killed', strike }));
  const handle = await trial.runs.start(trial.request);
  workflowId.resolve(handle.workflowId);
  const end = trial.runs.end(handle);
  // A command stops the worker that runs it by itself, and nothing is held that could tell.
  const stopping = point.strikesItself && fate !== 'killed' ? continueWhenStopped(first, strike) : undefined;
  const report = await end;
  stopping?.end();
  if (!struck) return undefined;
  await (fate === 'killed' ? first.exited : takenOver.promise);
  release(trial);
  await expectUnharmed(trial, report);
  if (fate === 'overtaken' && point.name.includes(' PATCH ')) {
    const isRefused = async () => (await trial.refusedWrites?.()) === 1;
    await until('the late write to be refused', isRefused, { withinMs: 10_000 });
  }
  return true;
}

/**
 * Has a second worker come, past the proxy, when the first one has taken the run: from then on the run is the first
 * one's, because tasks of a run go to the worker that knows it, and the second one is there for whatever is left.
 */
function withSecond(trial: Trial, armed: () => void | Promise<void>): void {
  let isCalled = false;
  trial.rpc.hook({
    async after(answer) {
      if (!bringsTask(answer) || isCalled) return undefined;
      isCalled = true;
      await trial.worker({ direct: true });
      await until('two workers to poll', async () => (await pollersOf(trial)) >= 2);
      await armed();
      return undefined;
    },
  });
}

/** How many workers poll the queue for activities. */
export async function pollersOf({ client, runs }: Pick<Trial, 'client' | 'runs'>): Promise<number> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: 'default',
    taskQueue: { name: runs.taskQueue },
    taskQueueType: 2,
  });
  return new Set(pollers?.map(({ identity }) => identity)).size;
}

/** Attempts so far, of steps that are under way and of the tasks of the workflow itself; a closed run has them all. */
async function attemptsOf({ client, runs }: Trial, workflowId: string): Promise<number> {
  const { raw, status } = await client.workflow.getHandle(workflowId).describe();
  if (status.name !== 'RUNNING') return Number.POSITIVE_INFINITY;
  const { events } = parseHistory(await runs.history(workflowId));
  const timedOut = events.filter((event) => kindOf(event) === 'WORKFLOW_TASK_TIMED_OUT').length;
  const ended = events.map(({ activityTaskStartedEventAttributes: started }) => started?.attempt ?? 0);
  const pending = raw.pendingActivities?.map(({ attempt }) => attempt ?? 0) ?? [];
  return timedOut + [...ended, ...pending].filter((attempt) => attempt > 1).length;
}

async function stepsDone({ runs }: Trial, workflowId: string): Promise<number> {
  const { events } = parseHistory(await runs.history(workflowId));
  return events.filter((event) => kindOf(event) === 'ACTIVITY_TASK_COMPLETED').length;
}

/** Does something when the worker stands still by itself. */
function continueWhenStopped(worker: Managed, then: () => Promise<unknown>): { end(): void } {
  const over = new AbortController();
  const isStopped = async () => / T /.test(await readFile(`/proc/${worker.pid}/stat`, 'utf8'));
  until('the worker to stand still', isStopped, { withinMs: 120_000, everyMs: 20, signal: over.signal }).then(
    then,
    () => undefined,
  );
  return { end: () => over.abort(new Error('the run is over')) };
}
