/** What a network error means, in words that name no address. */
const MEANINGS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection reset',
  EPIPE: 'connection reset',
  UND_ERR_SOCKET: 'connection closed before the answer was complete',
  UND_ERR_CONNECT_TIMEOUT: 'no connection within 10 s',
  ETIMEDOUT: 'no connection: timed out',
  EHOSTUNREACH: 'host unreachable',
  ENETUNREACH: 'network unreachable',
  ENOTFOUND: 'host name not found',
  EAI_AGAIN: 'host name could not be resolved now',
  EPROTO: 'not TLS on that port, or no common TLS version',
  ERR_SSL_WRONG_VERSION_NUMBER: 'not TLS on that port',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'answer shorter or longer than announced',
  UND_ERR_HEADERS_OVERFLOW: 'answer with too large headers',
};

/** What went wrong on the way, in words. Only codes are used: messages of libraries may repeat addresses. */
export function describeNetworkError(error: unknown): string {
  const code = codeOf(error);
  if (isNoHttp(code)) return 'answer is not HTTP';
  if (isCertificate(code)) {
    return `certificate not accepted (${code})`;
  }
  return MEANINGS[code] ?? `request failed (${code})`;
}

function isNoHttp(code: string): boolean {
  return code.startsWith('HPE_') || code === 'HTTPParserError';
}

/** Verdicts of OpenSSL on a chain that do not have the word in their name (X509_V_ERR_…). */
const UNVERIFIED: ReadonlySet<string> = new Set([
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_CRL',
  'INVALID_CA',
  'INVALID_PURPOSE',
  'PATH_LENGTH_EXCEEDED',
  'HOSTNAME_MISMATCH',
]);

function isCertificate(code: string): boolean {
  return code.startsWith('CERT_') || code.includes('_CERT') || UNVERIFIED.has(code);
}

/** True when somebody is there who does not speak as was expected: other protocols, other certificates. */
export function isSpoken(error: unknown): boolean {
  const code = codeOf(error);
  return (
    isNoHttp(code) || isCertificate(code) || /^(EPROTO|ERR_SSL_|UND_ERR_(RES_|HEADERS_OVERFLOW))/.test(code)
  );
}

/** Codes of attempts that end before anything of a request is written. */
const NO_CONNECTION = /^(UND_ERR_CONNECT_TIMEOUT|ENOTFOUND|EAI_AGAIN|ERR_SSL_WRONG_VERSION_NUMBER|.*CERT.*)$/;

/** True when certainly nothing of the request reached anybody: there was no connection to write it to. */
export function isUndelivered(error: unknown): boolean {
  const first = error instanceof AggregateError ? error.errors[0] : error;
  return (
    NO_CONNECTION.test(codeOf(first)) ||
    UNVERIFIED.has(codeOf(first)) ||
    (first instanceof Error && 'syscall' in first && first.syscall === 'connect')
  );
}

function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  // A name with several addresses fails with one error for each of them.
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0]);
  if ('code' in error && typeof error.code === 'string' && error.code !== 'UND_ERR') return error.code;
  return error.cause === undefined ? error.name : codeOf(error.cause);
}

class ResponseTooLarge extends Error {}

/** The error of an answer over its limit, in bytes. */
export function tooLarge(limit: number): Error {
  const size = limit >= 1024 ? `${Math.round(limit / 1024)} KiB` : `${limit} bytes`;
  return new ResponseTooLarge(`answer larger than ${size}`);
}

/** True for the error of {@link tooLarge}. */
export function isSizeError(error: unknown): error is Error {
  return error instanceof ResponseTooLarge;
}
