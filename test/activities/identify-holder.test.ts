import type { Client } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import type { Dependencies } from '../../src/activities/dependencies.ts';
import { type Holder, identifyHolder } from '../../src/activities/identify-holder.ts';
import type { StepResult } from '../../src/domain/ledger.ts';

const CLAIM = 'claim/kubernetes/prod/orchestrator/uid-1';
const holder = { workflowId: 'rollback/orchestrator', runId: 'run-1' };

/** What the server says of a workflow at each question; the last answer stays. */
type Answers = Readonly<Record<string, readonly (string | undefined)[]>>;

async function identify(answers: Answers) {
  const left = new Map(Object.entries(answers).map(([id, states]) => [id, [...states]]));
  const client = {
    withAbortSignal: (_signal: AbortSignal, work: () => Promise<unknown>) => work(),
    workflow: {
      getHandle: (id: string) => ({
        describe: async () => {
          const states = left.get(id) ?? [];
          const state = states.length > 1 ? states.shift() : states[0];
          if (!state) throw Object.assign(new Error('not found'), { name: 'WorkflowNotFoundError' });
          return { status: { name: state }, ...(id === CLAIM ? { parentExecution: holder } : {}) };
        },
      }),
    },
  } as unknown as Client;
  const env = new MockActivityEnvironment(
    { activityId: 'identify-holder' },
    { client, logger: new DefaultLogger('ERROR') },
  );
  const { value } = (await env.run(identifyHolder({} as Dependencies), CLAIM)) as StepResult<Holder>;
  return value;
}

describe('who holds a claim', () => {
  it('is the open run that started it', async () => {
    expect(await identify({ [CLAIM]: ['RUNNING'], [holder.workflowId]: ['RUNNING'] })).toEqual({
      state: 'open',
      ...holder,
    });
  });

  it.each([
    ['is not there any more', undefined],
    ['was terminated with its run', 'TERMINATED'],
  ])('is nobody when the claim %s', async (_why, state) => {
    expect(await identify({ [CLAIM]: [state] })).toEqual({ state: 'closed' });
  });

  it('is nobody as soon as the server has ended the claim of a run that is over', async () => {
    const states = { [CLAIM]: ['RUNNING', 'RUNNING', 'TERMINATED'], [holder.workflowId]: ['COMPLETED'] };
    expect(await identify(states)).toEqual({ state: 'closed' });
  });
});
