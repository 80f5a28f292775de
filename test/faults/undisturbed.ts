import type { HistoryEvent } from '../../src/report/history-file.ts';
import { kindOf, parseHistory } from '../../src/report/history-file.ts';
import { expectUnharmed } from './demands.ts';
import type { CommandMoment } from './docker-commands.ts';
import {
  bringsTask,
  callPoint,
  commandPoint,
  isPoll,
  type Point,
  requestKind,
  requestPoint,
  type ServerName,
} from './points.ts';
import type { Trial } from './trial.ts';

/** Calls by which a worker takes work and says what came of it; the others are its connection and its own health. */
const PROTOCOL =
  /^(PollWorkflowTaskQueue|PollActivityTaskQueue|Respond\w+|RecordActivityTaskHeartbeat|QueryWorkflow)$/;
/** Commands that change something: killed before one, while it goes on alone, and after it. */
const CHANGING = ['pull', 'tag', 'compose up'];
/** Commands that go on until they are stopped. */
const ENDLESS = ['events', 'system dial-stdio'];

/** What a run does when nobody disturbs it. */
export interface Undisturbed {
  /** Events of its history: see `labelled`. */
  readonly events: readonly string[];
  /** Moments at which worker and Temporal server speak: before a call reaches the server, and after it has answered. */
  readonly calls: readonly Point[];
  /** Moments around what the steps do outside: requests to servers, and commands. */
  readonly effects: readonly Point[];
}

/** Events by kind and number of that kind: `ACTIVITY_TASK_COMPLETED 3`. */
export function labelled(events: readonly HistoryEvent[]): string[] {
  const counts = new Map<string, number>();
  return events.map((event) => {
    const kind = kindOf(event);
    const nth = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, nth);
    return `${kind} ${nth}`;
  });
}

/** Steps that run at the same time may end in one workflow task or in two: so many runs are compared. */
const RUNS = 3;

/** What a standard run does. Of several the shortest, and of its moments those that are there in every other one. */
export async function standardRun(open: (name: string) => Promise<Trial>): Promise<Undisturbed> {
  const runs = await Promise.all(
    Array.from({ length: RUNS }, async (_, run) => {
      const trial = await open(`undisturbed-${run + 1}`);
      return undisturbed(trial).finally(() => trial.close());
    }),
  );
  const { events, calls, effects } = runs.reduce((shortest, run) =>
    run.events.length < shortest.events.length ? run : shortest,
  );
  const inEvery = (what: 'calls' | 'effects') => {
    const keys = runs.map((run) => new Set(run[what].map(keyOf)));
    return (point: Point) => keys.every((known) => known.has(keyOf(point)));
  };
  return { events, calls: calls.filter(inEvery('calls')), effects: effects.filter(inEvery('effects')) };
}

function keyOf({ name, nth }: Point): string {
  return `${name} ${nth}`;
}

/** Lets a run go its way and notes everything that its worker says and asks. */
async function undisturbed(trial: Trial): Promise<Undisturbed> {
  const calls: string[] = [];
  trial.rpc.hook({
    after(answer) {
      const counts = PROTOCOL.test(answer.method) && (!isPoll(answer.method) || bringsTask(answer));
      if (counts) calls.push(answer.method);
      return undefined;
    },
  });
  await trial.worker();
  const handle = await trial.runs.start(trial.request);
  const report = await trial.runs.end(handle);
  await expectUnharmed(trial, report);
  const history = parseHistory(await trial.runs.history(handle.workflowId));
  return {
    events: labelled(history.events),
    calls: numbered(calls).flatMap(([method, nth]) =>
      isPoll(method)
        ? [callPoint('after', method, nth)]
        : [callPoint('before', method, nth), callPoint('after', method, nth)],
    ),
    effects: [
      ...requestPoints(trial),
      ...numbered((await trial.commands?.kinds()) ?? []).flatMap(([kind, nth]) =>
        momentsOf(kind).map((moment) => commandPoint(moment, kind, nth)),
      ),
    ],
  };
}

/** Of the API server every request; the service is asked the same thing again and again, and once of each is enough. */
function requestPoints({ servers }: Trial): Point[] {
  return (Object.keys(servers) as ServerName[]).flatMap((server) => {
    const asked = numbered(servers[server]?.requests.map(requestKind) ?? []);
    return asked
      .filter(([, nth]) => server === 'api' || nth === 1)
      .flatMap(([kind, nth]) => [
        requestPoint('before', server, kind, nth),
        requestPoint('after', server, kind, nth),
      ]);
  });
}

/** After a question nothing has changed: the moment before the next one is the same. */
function momentsOf(kind: string): readonly CommandMoment[] {
  if (CHANGING.includes(kind)) return ['before', 'during', 'after'];
  return ENDLESS.includes(kind) ? ['before', 'during'] : ['before'];
}

function numbered(names: readonly string[]): (readonly [string, number])[] {
  const counts = new Map<string, number>();
  return names.map((name) => {
    const nth = (counts.get(name) ?? 0) + 1;
    counts.set(name, nth);
    return [name, nth] as const;
  });
}
