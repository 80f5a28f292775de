import type { Client } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import type { Dependencies } from '../../src/activities/dependencies.ts';
import { type Holder, identifyHolder } from '../../src/activities/identify-holder.ts';
import type { StepResult } from '../../src/domain/ledger/ledger.ts';

const LOCK = 'claim/kubernetes/prod/orchestrator/uid-1';
const holder = { workflowId: 'rollback/orchestrator', runId: 'run-1' };

/** What the server says of a run at each question, by its run id (the lock by its id); the last answer stays. */
type Answers = Readonly<Record<string, readonly (string | undefined)[]>>;

/** What is asked for. */
interface Asked {
  readonly execution: { readonly workflowId: string; readonly runId?: string };
}

/** @param resets which run goes on in place of which one. */
async function identify(answers: Answers, resets: Readonly<Record<string, string>> = {}) {
  const left = new Map(Object.entries(answers).map(([id, states]) => [id, [...states]]));
  const terminated: string[] = [];
  const client = {
    withAbortSignal: (_signal: AbortSignal, work: () => Promise<unknown>) => work(),
    options: { namespace: 'default' },
    workflowService: {
      describeWorkflowExecution: async ({ execution }: Asked) => {
        const { workflowId: id, runId = id } = execution;
        const states = left.get(runId) ?? [];
        const state = states.length > 1 ? states.shift() : states[0];
        // grpc.status.NOT_FOUND
        if (!state) throw Object.assign(new Error('not found'), { code: 5 });
        return {
          workflowExecutionInfo: {
            execution: { runId: id === LOCK ? 'run-of-lock' : runId },
            type: { name: id === LOCK ? 'claim' : 'rollback' },
            status: state === 'RUNNING' ? 1 : 2,
            ...(id === LOCK ? { parentExecution: holder } : {}),
          },
          workflowExtendedInfo: { resetRunId: resets[runId] ?? '' },
        };
      },
    },
    workflow: {
      getHandle: (id: string, runId = id) => ({
        terminate: async () => {
          terminated.push(`${id} ${runId}`);
          left.set(id, ['TERMINATED']);
        },
      }),
    },
  } as unknown as Client;
  const env = new MockActivityEnvironment(
    { activityId: 'identify-holder' },
    { client, logger: new DefaultLogger('ERROR') },
  );
  const { value } = (await env.run(identifyHolder({} as Dependencies), LOCK)) as StepResult<Holder>;
  return { value, terminated };
}

describe('who holds a lock', () => {
  it('is the open run that started it', async () => {
    expect(await identify({ [LOCK]: ['RUNNING'], 'run-1': ['RUNNING'] })).toEqual({
      value: { state: 'open', ...holder },
      terminated: [],
    });
  });

  it.each([
    ['is not there any more', undefined],
    ['was terminated with its run', 'TERMINATED'],
  ])('is nobody when the lock %s', async (_why, state) => {
    expect(await identify({ [LOCK]: [state] })).toEqual({ value: { state: 'closed' }, terminated: [] });
  });

  it('is nobody as soon as the server has ended the lock of a run that is over', async () => {
    const states = { [LOCK]: ['RUNNING', 'RUNNING', 'TERMINATED'], 'run-1': ['COMPLETED'] };
    expect(await identify(states)).toEqual({ value: { state: 'closed' }, terminated: [] });
  });

  const RESETS = { 'run-1': 'run-2', 'run-2': 'run-3' };
  const closed = { 'run-1': ['TERMINATED'], 'run-2': ['TERMINATED'] };

  it('is the run that goes on in place of one that was reset, and reset again', async () => {
    expect(await identify({ [LOCK]: ['RUNNING'], ...closed, 'run-3': ['RUNNING'] }, RESETS)).toEqual({
      value: { state: 'open', workflowId: holder.workflowId, runId: 'run-3' },
      terminated: [],
    });
  });

  it('is nobody when that one has closed: the lock, which the server leaves open, is ended', async () => {
    expect(await identify({ [LOCK]: ['RUNNING'], ...closed, 'run-3': ['COMPLETED'] }, RESETS)).toEqual({
      value: { state: 'closed' },
      terminated: [`${LOCK} run-of-lock`],
    });
  });
});
