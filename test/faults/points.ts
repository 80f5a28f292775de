import type { SeenRequest } from '../../sandbox/faults/index.ts';
import type { CommandMoment } from './docker-commands.ts';
import type { Trial } from './trial.ts';

/** What is done when a point is reached, while the call is held there. `'drop'`: the call goes no further. */
export interface Strike {
  /** Whether everything else that the worker says from then on is lost too, as when it dies at this very moment. */
  readonly alone: boolean;
  /** Of the run, once it has begun. */
  readonly workflowId?: Promise<string>;
  /** Events of the run's history by now: see `labelled`. */
  readonly events?: () => Promise<readonly string[]>;
  /** The call has come, and is not forwarded yet. */
  arriving?(): Promise<void>;
  strike(): Promise<'drop' | undefined>;
}

/** A moment in a run at which something can be done to its parts. */
export interface Point {
  /** `after RespondActivityTaskCompleted`: points of one name are one row of the tables. */
  readonly name: string;
  /** Which of that name, counted from 1. */
  readonly nth: number;
  /** The worker is killed or stopped by the point's own means: `strike` is not called. */
  readonly strikesItself?: true;
  arm(trial: Trial, strike: Strike): void | Promise<void>;
}

/** An answered poll is longer than this when it holds a task, in bytes: an empty one has at most advice for the poller. */
const TASK_BYTES = 64;

/** Whether an answer to a poll brings work. */
export function bringsTask({ method, bytes }: { readonly method: string; readonly bytes: number }): boolean {
  return isPoll(method) && bytes > TASK_BYTES;
}

export function isPoll(method: string): boolean {
  return method.startsWith('Poll');
}

/** The n-th call of a method between worker and Temporal server; of polls only those that bring work count. */
export function callPoint(moment: 'before' | 'after', method: string, nth: number): Point {
  const name = isPoll(method) ? `answered ${method}` : `${moment} ${method}`;
  return {
    name,
    nth,
    arm({ rpc }, { alone, arriving, strike }) {
      let seen = 0;
      let found: number | undefined;
      const others = () => (alone && found !== undefined ? 'drop' : undefined);
      rpc.hook({
        async before(call) {
          if (isPoll(method) || call.method !== method || found !== undefined) return others();
          seen += 1;
          if (seen !== nth) return undefined;
          found = call.nth;
          // No task is given to a poll of a worker that is about to go: the history stops where the call leaves it.
          if (alone) rpc.withdrawPolls();
          await arriving?.();
          return moment === 'before' ? strike() : undefined;
        },
        async after(answer) {
          if (answer.method === method && isPoll(method) && found === undefined) {
            if (bringsTask(answer)) seen += 1;
            if (seen !== nth) return undefined;
            found = answer.nth;
            return strike();
          }
          const isIt = answer.method === method && answer.nth === found;
          return isIt ? strike() : others();
        },
      });
    },
  };
}

/** The call that closes the run: which number it has differs from run to run. */
export const CLOSING: Point = {
  name: 'after the call that closes the run',
  nth: 1,
  arm({ rpc, client }, { workflowId, strike }) {
    rpc.hook({
      async after({ method }) {
        if (method !== 'RespondWorkflowTaskCompleted') return undefined;
        const { status } = await client.workflow.getHandle((await workflowId) ?? '').describe();
        return status.name === 'RUNNING' ? undefined : strike();
      },
    });
  },
};

/** The answer to the call by which an event came into the history, whichever call that is. */
export function eventPoint(event: string): Point {
  return {
    name: 'as soon as a given event is in the history',
    nth: 1,
    arm({ rpc }, { alone, events, strike }) {
      let found = false;
      const others = () => (alone && found ? 'drop' : undefined);
      rpc.hook({
        before: async () => others(),
        async after(answer) {
          const mayHaveWritten = bringsTask(answer) || answer.method.startsWith('Respond');
          if (found || !mayHaveWritten) return others();
          const isThere = (await events?.())?.includes(event);
          // Another answer may have found it meanwhile.
          if (found || !isThere) return others();
          found = true;
          rpc.withdrawPolls();
          return strike();
        },
      });
    },
  };
}

export type ServerName = keyof Trial['servers'];

/** What a step asks of a server, without what differs from trial to trial. */
export function requestKind({ method, path }: Pick<SeenRequest, 'method' | 'path'>): string {
  const [plain = '', query = ''] = path.replace(/(\/namespaces\/)[^/?]+/, '$1*').split('?');
  return `${/(^|&)watch=/.test(query) ? 'WATCH' : method} ${plain}`;
}

/** The n-th request of a kind to one of the servers. */
export function requestPoint(
  moment: 'before' | 'after',
  server: ServerName,
  kind: string,
  nth: number,
): Point {
  return {
    name: `${moment} ${kind} of the ${server === 'api' ? 'API server' : server}`,
    nth,
    arm({ servers }, { strike }) {
      let seen = 0;
      let struck = false;
      servers[server]?.rule({}, async ({ request, ask, pass, reply }) => {
        if (struck || requestKind(request) !== kind) return pass();
        seen += 1;
        if (seen !== nth) return pass();
        struck = true;
        if (moment === 'before') return (await strike()) === 'drop' ? undefined : pass();
        if (!kind.startsWith('WATCH')) {
          const answer = await ask();
          return (await strike()) === 'drop' ? undefined : reply(answer);
        }
        let begun = false;
        return pass((piece) => {
          if (!begun) void strike();
          begun = true;
          return piece;
        });
      });
    },
  };
}

/**
 * The n-th `docker` command of a kind, or question to the engine (`GET /info`). The command itself, or what carries the
 * question, kills or stops the worker.
 */
export function commandPoint(
  moment: CommandMoment,
  kind: string,
  nth: number,
  signal: 'KILL' | 'STOP' = 'KILL',
): Point {
  return {
    name: kind.startsWith('GET ') ? `${moment} ${kind} of the engine` : `${moment} docker ${kind}`,
    nth,
    strikesItself: true,
    arm: ({ commands }) => commands?.signalAt(kind, nth, moment, signal),
  };
}
