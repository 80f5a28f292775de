import { AsyncResource } from 'node:async_hooks';
import { once } from 'node:events';
import type { Info } from '@temporalio/activity';
import { Client, Connection, type WorkflowQueryInput } from '@temporalio/client';
import { ActivityCancellationDetails, ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { MockActivityEnvironment, type MockActivityEnvironmentOptions } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type StepContext, stepActivity, type Worked } from '../../src/activities/step.ts';
import { ERRORS, type ErrorType, RunbookError } from '../../src/domain/errors.ts';

const ids = { workflowId: 'rollback/orchestrator', runId: 'run-1' };
const done: Worked<string> = { value: 'x', summary: 'done' };

function environment(info: Partial<Info> = {}, options: MockActivityEnvironmentOptions = {}) {
  return new MockActivityEnvironment(
    { workflowExecution: ids, activityId: 'roll-back', ...info },
    { logger: new DefaultLogger('ERROR'), ...options },
  );
}

/** What the activity of some work throws. */
async function thrown(work: (context: StepContext) => Promise<Worked<unknown>>, env = environment()) {
  return env.run(stepActivity(work)).then(
    () => expect.fail('it gave a result'),
    (error: unknown) => error,
  );
}
const failure = async (error: unknown, env = environment()) => {
  const found = await thrown(() => Promise.reject(error), env);
  return found instanceof ApplicationFailure ? found : expect.fail(`no ApplicationFailure: ${found}`);
};

function fakeClock(...toFake: ('Date' | 'setInterval' | 'clearInterval')[]) {
  vi.useFakeTimers({ toFake, now: Date.parse('2026-01-01T00:00:00Z') });
  onTestFinished(() => void vi.useRealTimers());
}

describe('the result of a step', () => {
  it('is what the work gave, with attempt and times', async () => {
    fakeClock('Date');
    const activity = stepActivity(async (_context, service: string) => {
      vi.setSystemTime(Date.now() + 2500);
      return { value: { service }, summary: 'looked', verdict: 'passed' };
    });
    expect(await environment({ attempt: 3 }).run(activity, 'orchestrator')).toStrictEqual({
      value: { service: 'orchestrator' },
      summary: 'looked',
      verdict: 'passed',
      attempt: 3,
      startedAt: '2026-01-01T00:00:00.000Z',
      finishedAt: '2026-01-01T00:00:02.500Z',
    });
  });

  it('has no verdict when the work has none, and repeats no credential in its summary', async () => {
    const activity = stepActivity(async () => ({ value: 1, summary: 'sent Bearer abcdef0123456789 to it' }));
    const result = await environment().run(activity);
    expect(result).not.toHaveProperty('verdict');
    expect(result).toMatchObject({ summary: 'sent Bearer ••• to it' });
  });

  it('comes of work that knows its run, its attempt and a key that every attempt shares', async () => {
    const seen = (attempt: number) =>
      environment({ attempt }).run(
        stepActivity(async ({ key, workflowId, runId, attempt: own }) => ({
          value: { key, workflowId, runId, own },
          summary: '',
        })),
      );
    const key = 'rollback/orchestrator/roll-back';
    expect(await seen(1)).toMatchObject({ value: { ...ids, key, own: 1 } });
    expect(await seen(2)).toMatchObject({ value: { ...ids, key, own: 2 } });
  });
});

describe('an error of the work', () => {
  it.each(Object.keys(ERRORS) as ErrorType[])(
    '%s of the catalogue is a failure of that type, tried again as the catalogue says',
    async (type) => {
      const found = await failure(new RunbookError(type, 'what happened'));
      expect(found).toMatchObject({ type, message: 'what happened', nonRetryable: !ERRORS[type].retryable });
      expect(found.nextRetryDelay).toBeUndefined();
    },
  );

  it.each<[ErrorType, boolean]>([
    ['NotificationFailed', false],
    ['AccessDenied', true],
  ])('%s that says for itself whether it can be tried again (%s) is believed', async (type, retryable) => {
    expect(await failure(new RunbookError(type, 'x', { retryable }))).toMatchObject({
      nonRetryable: !retryable,
    });
  });

  it.each([7000, 0])('asks for the pause of %i ms that the receiver asked for', async (retryAfterMs) => {
    const { nextRetryDelay } = await failure(new RunbookError('Unreachable', 'busy', { retryAfterMs }));
    expect(nextRetryDelay).toBe(retryAfterMs);
  });

  it('says which attempt gave up', async () => {
    const { details } = await failure(new RunbookError('Unreachable', 'x'), environment({ attempt: 4 }));
    expect(details).toEqual([{ attempt: 4 }]);
  });

  it('repeats no credential in its message, and takes no cause along', async () => {
    const cause = new Error('password=hunter22');
    const found = await failure(new RunbookError('Unreachable', 'tried token=abcd1234', { cause }));
    expect(found.message).toBe('tried token=•••');
    expect(found.cause).toBeUndefined();
  });

  it.each([
    ['an unknown error', new TypeError('x is not a function')],
    ['a failure of Temporal', ApplicationFailure.nonRetryable('no', 'Mine')],
    ['an AbortError although nothing was cancelled', new DOMException('aborted', 'AbortError')],
    ['a cancellation of something else', new CancelledFailure('elsewhere')],
  ])('passes through unchanged when it is %s', async (_title, error) => {
    expect(await thrown(() => Promise.reject(error))).toBe(error);
  });
});

describe('a cancelled step', () => {
  const whenAborted = (signal: AbortSignal) => once(signal, 'abort');

  it.each([
    ['an AbortError', new DOMException('This operation was aborted', 'AbortError')],
    ['an error of the catalogue', new RunbookError('Unreachable', 'connection reset')],
    ['an unknown error', new Error('socket hang up')],
  ])('ends with the reason of the cancellation when its work ends with %s', async (_title, error) => {
    const env = environment();
    const ended = thrown(async ({ signal }) => {
      await whenAborted(signal);
      throw error;
    }, env);
    env.cancel();
    expect(await ended).toBe(env.context.cancellationSignal.reason);
    expect(await ended).toBeInstanceOf(CancelledFailure);
  });

  it('still says that it was paused, not cancelled', async () => {
    const env = environment();
    const ended = thrown(async ({ signal }) => {
      await whenAborted(signal);
      return signal.throwIfAborted() ?? done;
    }, env);
    env.cancel('PAUSED', new ActivityCancellationDetails({ paused: true }));
    expect(await ended).toMatchObject({ message: 'PAUSED' });
  });

  it('keeps its result when its work was done all the same', async () => {
    const env = environment();
    env.cancel();
    expect(await env.run(stepActivity(async () => done))).toMatchObject(done);
  });
});

describe('the heartbeat of a step', () => {
  /** A step at work; `pass` lets time pass inside of the activity, as its own timers would. */
  function atWork(info: Partial<Info>, reported: readonly unknown[], how: 'report' | 'note' = 'report') {
    fakeClock('setInterval', 'clearInterval');
    const env = environment(info);
    const beats: unknown[] = [];
    env.on('heartbeat', (details) => beats.push(details));
    const work = Promise.withResolvers<Worked<string>>();
    let pass: (ms: number) => void = () => expect.fail('the work has not begun');
    const ended = env.run(
      stepActivity((context) => {
        pass = AsyncResource.bind((ms: number) => void vi.advanceTimersByTime(ms));
        reported.forEach(context[how]);
        return work.promise;
      }),
    );
    const end = (error?: Error) => {
      if (error) work.reject(error);
      else work.resolve(done);
      return ended;
    };
    return { beats, pass, end };
  }

  it('says progress at once, then repeats the last one until the work ends', async () => {
    const info = { heartbeatTimeoutMs: 5000 };
    const { beats, pass, end } = atWork(info, [{ ready: 0 }, { ready: 1 }]);
    expect(beats).toEqual([{ ready: 0 }, { ready: 1 }]);
    pass(1100);
    expect(beats.slice(2)).toEqual([{ ready: 1 }, { ready: 1 }]);
    await end();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('takes with it what is noted alone, once it is due', async () => {
    const { beats, pass, end } = atWork({ heartbeatTimeoutMs: 5000 }, [{ ready: 0 }, { ready: 1 }], 'note');
    pass(499);
    expect(beats).toEqual([]);
    pass(1);
    expect(beats).toEqual([{ ready: 1 }]);
    await end();
  });

  it('ends with work that fails', async () => {
    const { end } = atWork({ heartbeatTimeoutMs: 5000 }, []);
    expect(vi.getTimerCount()).toBe(1);
    await expect(end(new Error('no'))).rejects.toThrow('no');
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each<[string, Partial<Info>, unknown[], unknown[]]>([
    ['repeats the last attempt', { heartbeatTimeoutMs: 5000, heartbeatDetails: 'old' }, [], ['old']],
    ['is silent by itself when nobody waits for it', {}, ['new'], ['new']],
  ])('%s', async (_title, info, reported, expected) => {
    const { beats, pass, end } = atWork(info, reported);
    pass(900);
    expect(beats).toEqual(expected);
    await end();
  });

  it('is not waited for by what is noted in a step that has none', async () => {
    const { beats, end } = atWork({}, ['noted'], 'note');
    expect(beats).toEqual(['noted']);
    await end();
  });

  it.each([{ ready: 7 }, undefined])(
    'of the last attempt is what a later one resumes: %j',
    async (details) => {
      const activity = stepActivity(async ({ resume }) => ({ value: { resumed: resume() }, summary: '' }));
      const result = await environment({ heartbeatDetails: details }).run(activity);
      expect(result).toMatchObject({ value: { resumed: details } });
    },
  );
});

it('a step asks its own run, and no other, for the report', async () => {
  const asked: WorkflowQueryInput[] = [];
  const connection = Connection.lazy();
  onTestFinished(() => connection.close());
  const query = async (input: WorkflowQueryInput) => {
    asked.push(input);
    return { outcome: 'running' };
  };
  const client = new Client({ connection, interceptors: { workflow: [{ query }] } });
  const activity = stepActivity(async ({ readReport }) => ({ value: await readReport(), summary: '' }));
  expect(await environment({}, { client }).run(activity)).toMatchObject({ value: { outcome: 'running' } });
  expect(asked).toMatchObject([{ workflowExecution: ids, queryType: 'report', args: [] }]);
});
