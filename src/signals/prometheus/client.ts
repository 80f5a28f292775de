import { oneLine } from '../../domain/redact.ts';
import { addressOf, exchange, type HttpResponse, type NoResponse } from '../../http/exchange.ts';
import type { Access } from './access.ts';
import { type ParsedAnswer, parseAnswer, type Series } from './answer.ts';
import type { PrometheusSettings } from './settings.ts';
import { wordsOf } from './words.ts';

/** What was had of a query. */
export type QueryResult =
  | {
      readonly kind: 'answered';
      readonly series: readonly Series[];
      /** What Prometheus has said beside it. */
      readonly notes: readonly string[];
    }
  /** Why there is none, for people, without addresses and secrets. */
  | { readonly kind: 'failed'; readonly why: string };

/** The time of a range: milliseconds since the epoch, by Prometheus' clock; the step in milliseconds. */
export interface RangeTimes {
  readonly from: number;
  readonly to: number;
  readonly stepMs: number;
}

/** Asks one Prometheus, or the next of those with the same data. Rejects only when the signal aborts. */
export interface PrometheusClient {
  /** @param at milliseconds since the epoch; Prometheus' own now without it. */
  instant(query: string, signal: AbortSignal, at?: number): Promise<QueryResult>;
  range(query: string, times: RangeTimes, signal: AbortSignal): Promise<QueryResult>;
}

/** Notes of one answer; Prometheus itself caps them too. */
const MOST_NOTES = 5;
/** It stands in histories and messages, once for each signal. In characters. */
const LONGEST_WHY = 400;

/**
 * A query goes to the address that has answered last, and then to the others in their order, unless Prometheus has
 * answered: what it says about the query itself, every server with the same data would say.
 */
export function createPrometheusClient(settings: PrometheusSettings, access: Access): PrometheusClient {
  let preferred = 0;
  const send = (address: string, path: string, form: URLSearchParams, signal: AbortSignal) =>
    exchange({
      // A form: queries may be longer than a URL. Prometheus reads one or the other alike.
      method: 'POST',
      url: addressOf(address, path),
      headers: {
        ...access.headers,
        'content-type': 'application/x-www-form-urlencoded',
        accept: 'application/json',
      },
      body: form.toString(),
      timeoutMs: settings.timeoutMs,
      limit: settings.maxResponseBytes,
      secrets: access.secrets,
      ...(access.dispatcher ? { dispatcher: access.dispatcher } : {}),
      signal,
    });

  async function ask(
    path: string,
    fields: Record<string, string>,
    signal: AbortSignal,
  ): Promise<QueryResult> {
    const form = new URLSearchParams({ ...fields, timeout: `${settings.timeoutMs}ms` });
    const first = preferred;
    const places = settings.addresses.map((_, index) => (first + index) % settings.addresses.length);
    const problems: string[] = [];
    for (const place of places) {
      const response = await send(settings.addresses[place] ?? '', path, form, signal);
      const outcome = judge(response);
      if ('problem' in outcome) {
        problems.push(
          settings.addresses.length === 1 ? outcome.problem : `address ${place + 1}: ${outcome.problem}`,
        );
        continue;
      }
      preferred = place;
      return outcome;
    }
    return { kind: 'failed', why: oneLine(problems.join('; '), LONGEST_WHY) };
  }

  return {
    instant: (query, signal, at) =>
      ask('/api/v1/query', { query, ...(at === undefined ? {} : { time: seconds(at) }) }, signal),
    range: (query, { from, to, stepMs }, signal) =>
      ask(
        '/api/v1/query_range',
        { query, start: seconds(from), end: seconds(to), step: seconds(stepMs) },
        signal,
      ),
  };
}

/** A result, or a problem that another server may not have. */
function judge(response: HttpResponse | NoResponse): QueryResult | { readonly problem: string } {
  if (response.kind === 'unanswered') return { problem: response.problem };
  const { status, contentType, body } = response;
  if (status >= 300 && status < 400) {
    const hint = 'redirects are not followed: is the path of the address right, is there a login in front?';
    return { problem: `answered ${status}, and ${hint}` };
  }
  const parsed = parseAnswer(body);
  if (status === 401 || status === 403) return { problem: `answered ${status}: the login was not accepted` };
  if (parsed.kind === 'garbage') return { problem: notOfPrometheus(response, parsed.why) };
  if (parsed.kind === 'error') {
    const said = `${wordsOf(parsed.errorType)}: ${wordsOf(parsed.error)}`;
    const refused = isAboutTheQuery(status, parsed);
    return refused
      ? { kind: 'failed', why: `refuses the query (${said})` }
      : { problem: `answered ${status} (${said})${askedToWait(response)}` };
  }
  if (status < 200 || status > 299)
    return { problem: `answered ${status} (${contentType || 'no media type'})` };
  return { kind: 'answered', series: parsed.series, notes: notesOf(parsed.warnings) };
}

/** 400 and 422 are the query's; a result that cannot be used comes with 200. The rest is the server's. */
function isAboutTheQuery(status: number, { errorType }: ParsedAnswer & { kind: 'error' }): boolean {
  return status === 400 || status === 422 || errorType === 'result';
}

function notOfPrometheus(response: HttpResponse, why: string): string {
  const { status, contentType } = response;
  const type = contentType === '' ? 'no media type' : wordsOf(contentType);
  if (status === 404) return 'answered 404: is the path in front of /api/v1 right?';
  if (status < 200 || status > 299) return `answered ${status} (${type})${askedToWait(response)}`;
  const hint = contentType === 'text/html' ? ': is there a login in front?' : '';
  return `answered ${status} with ${why} (${type})${hint}`;
}

function askedToWait({ retryAfterMs }: HttpResponse): string {
  return retryAfterMs === undefined
    ? ''
    : `, and asks to be left alone for ${Math.ceil(retryAfterMs / 1000)} s`;
}

function notesOf(warnings: readonly string[]): readonly string[] {
  const shown = warnings.slice(0, MOST_NOTES).map((warning) => `Prometheus: ${wordsOf(warning)}`);
  const more = warnings.length - shown.length;
  return more > 0 ? [...shown, `Prometheus: ${more} more warnings`] : shown;
}

/** Seconds with milliseconds, never in scientific notation. */
function seconds(ms: number): string {
  return (ms / 1000).toFixed(3);
}
