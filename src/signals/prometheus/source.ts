import { RunbookError } from '../../domain/errors.ts';
import type { SignalReading } from '../../domain/need/signals.ts';
import type { SecretResolver } from '../../secrets/index.ts';
import type { SignalSource } from '../signal-source.ts';
import { openAccess } from './access.ts';
import { createPrometheusClient, type PrometheusClient, type QueryResult } from './client.ts';
import type { QueriesOf } from './queries.ts';
import { noData, readSignal } from './read-signal.ts';
import type { PrometheusSettings } from './settings.ts';

/** Clocks of machines that are kept in time differ by less, and a request on a busy machine takes no longer. */
const CLOCKS_DIFFER_MS = 3000;
const NO_QUERY = 'no query is set for it';

/**
 * Signals from Prometheus. It is first asked for its time: every value is then of that one moment by its own clock, and
 * what cannot be reached at all is found out once. It writes nothing; a repeated read asks again.
 */
export function createPrometheusSource(
  settings: PrometheusSettings,
  secrets: SecretResolver,
  queriesOf: QueriesOf,
): SignalSource {
  return {
    async read(definitions, { from, to, signal }) {
      const queries = definitions.map(queriesOf);
      const all = (why: string) => queries.map((asked) => noData(asked ? why : NO_QUERY));
      if (!queries.some((asked) => asked !== undefined)) return all(NO_QUERY);
      const access = await openAccess(settings, secrets, signal).catch((error: unknown) => {
        signal.throwIfAborted();
        if (error instanceof RunbookError) return error.message;
        throw error;
      });
      if (typeof access === 'string') return all(`Prometheus cannot be asked: ${access}`);
      const client = createPrometheusClient(settings, access);
      const clock = await timeOf(client, signal);
      if ('why' in clock) return all(`Prometheus: ${clock.why}`);
      const asking = onceEach(fewAtATime(client));
      const moment = { now: clock.now, spanMs: Math.max(0, to - from), signal };
      return Promise.all(
        definitions.map(async (definition, index) => {
          const own = queries[index];
          if (!own) return noData(NO_QUERY);
          return withNotes(await readSignal(asking, definition, own, moment), clock.notes);
        }),
      );
    },
  };
}

/** Queries that are under way together: as many as there are connections, so that none waits for one within its time-out. */
const TOGETHER = 8;

function fewAtATime(client: PrometheusClient): PrometheusClient {
  const waiting: (() => void)[] = [];
  let running = 0;
  const inTurn = async <T>(ask: () => Promise<T>): Promise<T> => {
    if (running >= TOGETHER) await new Promise<void>((resolve) => waiting.push(resolve));
    else running += 1;
    try {
      return await ask();
    } finally {
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
  return {
    instant: (query, signal, at) => inTurn(() => client.instant(query, signal, at)),
    range: (query, times, signal) => inTurn(() => client.range(query, times, signal)),
  };
}

/** The same client for one moment: what several signals ask alike, such as how many plans there were, is asked once. */
function onceEach(client: PrometheusClient): PrometheusClient {
  const asked = new Map<string, Promise<QueryResult>>();
  const once = (key: readonly unknown[], ask: () => Promise<QueryResult>) => {
    const id = JSON.stringify(key);
    const known = asked.get(id) ?? ask();
    asked.set(id, known);
    return known;
  };
  return {
    instant: (query, signal, at) => once([query, at], () => client.instant(query, signal, at)),
    range: (query, times, signal) => once([query, times], () => client.range(query, times, signal)),
  };
}

/** The time by Prometheus' clock, in ms since the epoch, and a note where it is not ours. */
async function timeOf(
  client: PrometheusClient,
  signal: AbortSignal,
): Promise<{ readonly now: number; readonly notes: readonly string[] } | { readonly why: string }> {
  const asked = Date.now();
  const result = await client.instant('time()', signal);
  const answered = Date.now();
  if (result.kind === 'failed') return { why: result.why };
  const now = result.series[0]?.samples[0]?.at;
  if (now === undefined) return { why: 'does not say what time it is' };
  const ahead = now > answered ? now - answered : Math.min(0, now - asked);
  if (Math.abs(ahead) <= CLOCKS_DIFFER_MS) return { now, notes: [] };
  const by = `${Math.round(Math.abs(ahead) / 1000)} s ${ahead > 0 ? 'ahead of' : 'behind'}`;
  return {
    now,
    notes: [`the clock of Prometheus is ${by} the worker's: times of its values are by its clock`],
  };
}

function withNotes(reading: SignalReading, notes: readonly string[]): SignalReading {
  if (notes.length === 0 || reading.kind === 'no-data') return reading;
  return { ...reading, notes: [...notes, ...(reading.notes ?? [])] };
}
