import { oneLine } from '../../domain/redact.ts';
import type { HttpResponse, NoResponse } from '../../http/exchange.ts';
import type { ProbeResult } from '../check.ts';
import { unclear } from '../probe-results.ts';

/**
 * The response that must be read, or the result of an exchange that says nothing of the service's state: no response,
 * refused credentials, a rate limit, a redirect.
 */
export function responseOf(
  outcome: HttpResponse | NoResponse,
): { readonly response: HttpResponse } | { readonly result: ProbeResult } {
  if (outcome.kind === 'unanswered') return { result: unclear(outcome.problem) };
  const { status, location, retryAfterMs } = outcome;
  if (status === 401) {
    return {
      result: unclear('auth: 401, the token of the profile is missing or not accepted', { final: true }),
    };
  }
  if (status === 403) {
    return { result: unclear('auth: 403, a gateway or the service refuses this client', { final: true }) };
  }
  if (status === 429)
    return { result: unclear('429: rate limited', retryAfterMs === undefined ? {} : { retryAfterMs }) };
  if (status >= 300 && status < 400) {
    return {
      result: unclear(
        `${status}: redirected to ${oneLine(location ?? 'nowhere', 100)}, not followed: is this the API?`,
      ),
    };
  }
  return { response: outcome };
}

/** The result of a 503 where it means "come back later" (service contract, 2.5). */
export function comeBackLater({ status, retryAfterMs }: HttpResponse): ProbeResult | undefined {
  if (status !== 503) return undefined;
  return unclear('503: not available now', retryAfterMs === undefined ? {} : { retryAfterMs });
}
