import type { Dispatcher } from 'undici';
import { RunbookError } from '../../../domain/errors.ts';
import { ApiError, type Asked, failedResponse } from './api-error.ts';
import type { RequestLimits } from './connection.ts';

/** Largest response that is read, in bytes. */
const RESPONSE_LIMIT = 32 * 1024 * 1024;

/**
 * The error of a request that got no whole response.
 * @param deadline of the whole request.
 */
export function requestError(
  asked: Asked,
  error: unknown,
  signal: AbortSignal,
  deadline: AbortSignal,
  limits: RequestLimits,
): unknown {
  if (error instanceof ApiError || error instanceof RunbookError) return error;
  if (signal.aborted) return signal.reason;
  const passed = passedLimit(error, deadline, limits);
  if (passed !== undefined) {
    return new ApiError(asked, { code: 0, message: `no answer within ${passed / 1000} s` });
  }
  const { message, cause, code } = error as Error & { code?: string };
  const inner = cause instanceof Error ? `: ${cause.message}` : '';
  return new ApiError(asked, { code: 0, message: `${message || code || 'no answer'}${inner}` });
}

/** Which time limit a request ran into, in milliseconds. */
export function passedLimit(
  error: unknown,
  deadline: AbortSignal,
  { headers, silence, whole }: RequestLimits,
): number | undefined {
  if (deadline.aborted) return whole;
  switch ((error as { code?: string }).code) {
    case 'UND_ERR_HEADERS_TIMEOUT':
      return headers;
    case 'UND_ERR_BODY_TIMEOUT':
      return silence;
    default:
      return undefined;
  }
}

/** The error of a response that is not a success. */
export function responseError(asked: Asked, response: Dispatcher.ResponseData, body: string): ApiError {
  const retryAfter = response.headers['retry-after'];
  return failedResponse(
    asked,
    response.statusCode,
    body,
    Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
  );
}

/** The text of a response. */
export async function readCapped(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > RESPONSE_LIMIT) {
      body.destroy();
      throw new Error(`the answer is larger than ${RESPONSE_LIMIT} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
