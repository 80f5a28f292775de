import { oneLine } from '../domain/redact.ts';
import type { HttpResponse, NoResponse } from '../http/exchange.ts';
import type { Look } from './check.ts';

type Values = NonNullable<Look['values']>;

/** The look found the service well. */
export function good(saw: string, values: Values): Look {
  return { verdict: 'passed', saw, values };
}

/** The look proved the service wrong. */
export function bad(saw: string, values?: Values): Look {
  return { verdict: 'failed', saw, ...(values ? { values } : {}) };
}

/** The look could prove nothing: an error of the measurement is not a failure of the service. */
export function unclear(saw: string, more: Pick<Look, 'final' | 'retryAfterMs' | 'values'> = {}): Look {
  return { verdict: 'inconclusive', saw, ...more };
}

/**
 * The answer that must be read, or the look of an outcome that says nothing of the service's state: no answer,
 * refused credentials, a rate limit, a redirect.
 */
export function answerOf(
  outcome: HttpResponse | NoResponse,
): { readonly answer: HttpResponse } | { readonly look: Look } {
  if (outcome.kind === 'unanswered') return { look: unclear(outcome.problem) };
  const { status, location, retryAfterMs } = outcome;
  if (status === 401) {
    return {
      look: unclear('auth: 401, the token of the profile is missing or not accepted', { final: true }),
    };
  }
  if (status === 403) {
    return { look: unclear('auth: 403, a gateway or the service refuses this client', { final: true }) };
  }
  if (status === 429)
    return { look: unclear('429: rate limited', retryAfterMs === undefined ? {} : { retryAfterMs }) };
  if (status >= 300 && status < 400) {
    return {
      look: unclear(
        `${status}: redirected to ${oneLine(location ?? 'nowhere', 100)}, not followed: is this the API?`,
      ),
    };
  }
  return { answer: outcome };
}

/** The look of a 503 where it means "come back later" (service contract, 2.5). */
export function comeBackLater({ status, retryAfterMs }: HttpResponse): Look | undefined {
  if (status !== 503) return undefined;
  return unclear('503: not available now', retryAfterMs === undefined ? {} : { retryAfterMs });
}

/** The JSON value of a 200 answer, or the look that says what the answer was instead. */
export function jsonOf(answer: HttpResponse): { readonly value: unknown } | { readonly look: Look } {
  const { status, body } = answer;
  if (status !== 200) return { look: bad(`HTTP ${status}${excerpt(body)}`) };
  try {
    return { value: JSON.parse(body) };
  } catch {
    return { look: bad(`HTTP 200, but no JSON: ${resemblance(answer)}`) };
  }
}

/** What an answer that is no JSON looks like (service contract, 3.2 and 6.1). */
function resemblance({ body, contentType }: HttpResponse): string {
  const text = body.trimStart();
  if (contentType === 'text/html' || /^<(!doctype|html|head|body)/i.test(text))
    return 'this looks like a web page';
  if (text === 'OK' || /^(# (HELP|TYPE) |[a-z_:][\w:]*(\{[^}]*\})? [-+\d])/i.test(text)) {
    return 'this looks like the metrics listener, not the API: wrong port?';
  }
  return text === '' ? 'an empty body' : `a text${excerpt(text)}`;
}

/** The beginning of a body, for people. */
function excerpt(body: string): string {
  const text = oneLine(body, 80);
  if (text === '' || text.startsWith('<')) return '';
  return `: ${text}`;
}

/** The value as an object that is no array. */
export function asObject(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : undefined;
}
