import { oneLine } from '../../domain/redact.ts';
import type { HttpResponse } from '../../http/exchange.ts';
import type { ProbeResult } from '../check.ts';
import { bad } from '../probe-results.ts';

/** The JSON value of a 200 response, or the result that says what the response was instead. */
export function jsonOf(
  response: HttpResponse,
): { readonly value: unknown } | { readonly result: ProbeResult } {
  const { status, body } = response;
  if (status !== 200) return { result: bad(`HTTP ${status}${excerpt(body)}`) };
  try {
    return { value: JSON.parse(body) };
  } catch {
    return { result: bad(`HTTP 200, but no JSON: ${resemblance(response)}`) };
  }
}

/** What a response that is no JSON looks like (service contract, 3.2 and 6.1). */
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
