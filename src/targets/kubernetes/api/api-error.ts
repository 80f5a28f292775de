import { RunbookError } from '../../../domain/errors.ts';
import { redact } from '../../../domain/redact.ts';

/** What was asked of the API server, in RBAC's words, for messages. */
export interface Asked {
  readonly verb: 'get' | 'list' | 'watch' | 'patch' | 'create' | 'delete';
  /** `deployments.apps "name" in namespace "ns"`. */
  readonly on: string;
}

/** Longest text of the API server that is repeated in a message. */
const REASON_LIMIT = 500;

/**
 * A response of the API server that is not a success, or none at all (`code` 0). Callers that know what a
 * code means for them catch it; at the edge of the target it becomes a `RunbookError`.
 */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  readonly reason: string;
  readonly asked: Asked;
  readonly retryAfterMs?: number;
  /** It was admission that refused, with whatever code it chose: nothing was done, and trying again cannot help. */
  readonly isRefusedByAdmission: boolean;

  constructor(
    asked: Asked,
    response: { code: number; reason?: string; message: string; retryAfterMs?: number | undefined },
  ) {
    super(capped(response.message));
    this.code = response.code;
    this.reason = response.reason ?? '';
    this.asked = asked;
    this.isRefusedByAdmission = isWrite(asked) && BY_ADMISSION.test(response.message);
    if (response.retryAfterMs !== undefined) this.retryAfterMs = response.retryAfterMs;
  }

  /** True when nothing is known about what the server did: no answer, or an error inside the server. */
  get outcomeUnknown(): boolean {
    return !this.isRefusedByAdmission && (this.code === 0 || this.code >= 500);
  }
}

/**
 * How refusals by admission begin: of webhooks (apiserver, webhook errors, ToStatusErr) and of policies, in whose name the
 * API server says Forbidden. A webhook that cannot be called (`failed calling webhook`) has refused nothing.
 */
const BY_ADMISSION =
  /^admission webhook ".+?" denied the request|^\S+ ".*?" is forbidden: (Validating|Mutating)AdmissionPolicy '.+?' with binding '.+?' denied request/;

function isWrite({ verb }: Asked): boolean {
  return verb === 'patch' || verb === 'create' || verb === 'delete';
}

/** One line, without secrets, of bounded length. */
export function capped(text: string, limit = REASON_LIMIT): string {
  const line = redact(text).replace(/\s+/g, ' ').trim();
  return line.length > limit ? `${line.slice(0, limit)}…` : line;
}

/** True for a response of the API server itself with this status code: what admission says with it means something else. */
export function isStatus(error: unknown, code: number): error is ApiError {
  return error instanceof ApiError && error.code === code && !error.isRefusedByAdmission;
}

/**
 * Reads a `Status` object (Kubernetes API conventions, response status kind) or whatever else stands in the body.
 * @param retryAfter header of that name, in seconds.
 */
export function failedResponse(
  asked: Asked,
  code: number,
  body: string,
  retryAfter: string | undefined,
): ApiError {
  const status = parseStatus(body);
  const seconds = Number(retryAfter ?? status.details?.retryAfterSeconds ?? Number.NaN);
  return new ApiError(asked, {
    code,
    reason: status.reason ?? '',
    message: status.message ?? `HTTP ${code}`,
    retryAfterMs: Number.isFinite(seconds) ? Math.min(Math.max(seconds, 0), 60) * 1000 : undefined,
  });
}

interface Status {
  readonly reason?: string;
  readonly message?: string;
  readonly details?: { readonly retryAfterSeconds?: number };
}

function parseStatus(body: string): Status {
  try {
    const parsed: unknown = JSON.parse(body);
    return typeof parsed === 'object' && parsed !== null ? (parsed as Status) : {};
  } catch {
    return body === '' ? {} : { message: body };
  }
}

/** The error as the catalogue has it. Anything that is no `ApiError` passes through. */
export function asRunbookError(error: unknown): unknown {
  if (!(error instanceof ApiError)) return error;
  const { code, asked, message, retryAfterMs } = error;
  const request = `${asked.verb} ${asked.on}`;
  switch (true) {
    case error.isRefusedByAdmission:
      return new RunbookError('WriteRejected', `admission refused to ${request} (${code}): ${message}`);
    case code === 401:
      return new RunbookError(
        'AccessDenied',
        `the API server does not accept the worker's credentials (401 on ${request})`,
      );
    case code === 403 && isDenied(asked, message):
      return new RunbookError(
        'AccessDenied',
        `the worker may not ${request}; grant that verb in the Role: ${message}`,
      );
    case code === 400 || code === 403 || code === 422 || code === 413:
      return new RunbookError('WriteRejected', `the API server refused to ${request}: ${message}`);
    case code === 404:
      return new RunbookError('WorkloadMissing', `not found: ${asked.on}`);
    default:
      return new RunbookError(
        'Unreachable',
        `could not ${request}: ${message}`,
        retryAfterMs === undefined ? {} : { retryAfterMs },
      );
  }
}

/**
 * A 403 on a write is no lack of permission as a rule: quotas, Pod Security and webhooks answer it too. Of those that
 * decide about permissions all messages have the same form (apiserver, responsewriters.Forbidden).
 */
function isDenied(asked: Asked, message: string): boolean {
  return !isWrite(asked) || / cannot (patch|create|delete) resource /.test(message);
}
