import { answer } from './answer-faults.ts';
import type { Fault } from './fault.ts';

/** Reasons of the API server by status code (Kubernetes API concepts, response status kind). */
const REASONS: Readonly<Record<number, string>> = {
  401: 'Unauthorized',
  403: 'Forbidden',
  409: 'Conflict',
  410: 'Expired',
  429: 'TooManyRequests',
  500: 'InternalError',
  503: 'ServiceUnavailable',
  504: 'Timeout',
};

/**
 * A `Status` object in place of the real answer.
 * @param retryAfterS header `Retry-After`, in seconds.
 */
export function apiStatus(
  code: number,
  message = `a fault of the sandbox: ${code}`,
  retryAfterS?: number,
): Fault {
  return answer(code, JSON.stringify(statusObject(code, message)), {
    'content-type': 'application/json',
    ...(retryAfterS === undefined ? {} : { 'retry-after': String(retryAfterS) }),
  });
}

/**
 * A watch that says 410 in the middle of its stream: the version it was asked to go on from is compacted.
 * @param afterMs how long after its first event.
 * @param said called when it was said.
 */
export function goneInWatch(afterMs: number, said: () => void = () => undefined): Fault {
  return async ({ pass, response }) => {
    const event = { type: 'ERROR', object: statusObject(410, 'too old resource version') };
    let timer: NodeJS.Timeout | undefined;
    response.once('close', () => clearTimeout(timer));
    await pass((piece) => {
      timer ??= setTimeout(() => response.end(`${JSON.stringify(event)}\n`, said), afterMs);
      return piece;
    });
  };
}

function statusObject(code: number, message: string) {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    reason: REASONS[code] ?? 'Unknown',
    code,
  };
}
