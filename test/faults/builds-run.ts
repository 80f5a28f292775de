import { expect } from 'vitest';
import { parseHistory } from '../../src/report/history-file.ts';
import { until } from '../../tools/until.ts';
import { expectUnharmed } from './demands.ts';
import { release } from './killed-run.ts';
import { callPoint } from './points.ts';
import type { Trial } from './trial.ts';
import type { Case } from './trials.ts';
import { pollersOf } from './two-workers-run.ts';

const ENDS = 'rolled back and proved, one write, told once, recorded';

/** What both cases need to know. */
export interface Builds {
  readonly target: Trial['target'];
  /** Program of an older build's worker. */
  readonly older: string;
  open(name: string): Promise<Trial>;
}

/**
 * Worker Versioning: a run is begun by the older build, and the newer one becomes current; the older worker is killed.
 * The newer one must leave the run alone, and the next worker of the older build goes on with it.
 */
export function pinnedToOlder({ target, older, open }: Builds): Case<true> {
  const fault = 'versioned: older build killed with -9 while a newer one is current, then started again';
  return {
    row: { family: 'two workers', fault, target, ends: ENDS },
    title: fault,
    open,
    async run(trial) {
      const name = `runbook-${trial.runs.taskQueue}`;
      const build = (id: string) => ({
        TEMPORAL_DEPLOYMENT_NAME: name,
        TEMPORAL_BUILD_ID: id,
      });
      const startOlder = () => trial.worker({ env: build('older'), program: older });
      const first = await startOlder();
      await makeCurrent(trial, name, 'older');
      const killed = Promise.withResolvers<void>();
      callPoint('before', 'RecordActivityTaskHeartbeat', 1).arm(trial, {
        alone: true,
        async strike() {
          await trial.worker({ env: build('newer'), direct: true });
          await makeCurrent(trial, name, 'newer');
          process.kill(first.pid, 'SIGKILL');
          await first.exited;
          killed.resolve();
          return 'drop';
        },
      });
      const handle = await trial.runs.start(trial.request);
      const end = trial.runs.end(handle);
      await Promise.race([killed.promise, end]);
      release(trial);
      await startOlder();
      await expectUnharmed(trial, await end);
      expect(await buildsOf(trial, handle.workflowId)).toEqual(['older']);
      return true;
    },
  };
}

/**
 * Without versioning: the worker that has the run is killed while only an older build is there, whose workflow code
 * cannot have made this history. It must do no harm, and a worker of the run's own build goes on.
 */
export function olderInTheWay({ target, older, open }: Builds): Case<true> {
  const fault = 'unversioned: killed with -9 while only an older build is there, then started again';
  return {
    row: { family: 'two workers', fault, target, ends: ENDS },
    title: fault,
    open,
    async run(trial) {
      const first = await trial.worker();
      const killed = Promise.withResolvers<void>();
      callPoint('before', 'RespondActivityTaskCompleted', 6).arm(trial, {
        alone: true,
        async strike() {
          await trial.worker({ program: older, direct: true });
          await until('two workers to poll', async () => (await pollersOf(trial)) >= 2);
          process.kill(first.pid, 'SIGKILL');
          await first.exited;
          killed.resolve();
          return 'drop';
        },
      });
      const handle = await trial.runs.start(trial.request);
      const end = trial.runs.end(handle);
      await Promise.race([killed.promise, end]);
      release(trial);
      const tried = async () =>
        parseHistory(await trial.runs.history(handle.workflowId)).events.some(({ eventType }) =>
          /WORKFLOW_TASK_FAILED/.test(eventType ?? ''),
        );
      await until('the older build to try the run', tried, { withinMs: 60_000 });
      await trial.worker();
      await expectUnharmed(trial, await end, { failedTasks: true });
      return true;
    },
  };
}

async function makeCurrent({ client }: Trial, deploymentName: string, buildId: string): Promise<void> {
  await until(`build ${buildId} to be known`, () =>
    client.workflowService
      .setWorkerDeploymentCurrentVersion({ namespace: 'default', deploymentName, buildId, identity: 'test' })
      .then(
        () => true,
        () => false,
      ),
  );
}

/** Builds whose workers carried out the workflow's tasks. */
async function buildsOf({ client }: Trial, workflowId: string): Promise<readonly string[]> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const builds = events?.flatMap(({ workflowTaskCompletedEventAttributes: completed }) =>
    completed ? [completed.deploymentVersion?.buildId ?? completed.workerVersion?.buildId ?? ''] : [],
  );
  return [...new Set(builds)];
}
