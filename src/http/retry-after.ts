/** A service that asks for more than this is not waited for: the check's own budget is shorter. */
const LONGEST_MS = 5 * 60_000;

/**
 * How long a receiver asked to be left alone, in milliseconds: header `Retry-After` in seconds or as a date
 * (RFC 9110, section 10.2.3), else a text body that names the seconds, as the service's rate limiter writes it
 * (service contract, 2.5).
 */
export function retryAfterMs(header: string | undefined, body = '', now = Date.now()): number | undefined {
  const asked = fromHeader(header?.trim(), now) ?? fromText(body);
  return asked === undefined ? undefined : Math.min(Math.max(asked, 0), LONGEST_MS);
}

function fromHeader(header: string | undefined, now: number): number | undefined {
  if (!header) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : date - now;
}

function fromText(body: string): number | undefined {
  const seconds = /\b(\d{1,5})\s*s(?:ec(?:ond)?s?)?\b/i.exec(body.slice(0, 500))?.[1];
  return seconds === undefined ? undefined : Number(seconds) * 1000;
}
