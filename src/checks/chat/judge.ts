import type { OwnPlans } from '../../domain/proof/checks.ts';
import { oneLine } from '../../domain/redact.ts';
import type { ProbeResult } from '../check.ts';
import { asObject } from '../http/json.ts';
import { bad, good, unclear } from '../probe-results.ts';

/** Codes that the service's error type knows (service contract, 4.2). */
export const CHAT_ERROR_CODES = [
  'validation_failed',
  'planning_failed',
  'execution_failed',
  'agent_unavailable',
  'timeout',
  'internal',
] as const;

/** The six keys that every answer has. */
const KEYS = ['api_version', 'correlation_id', 'status', 'plan_id', 'output', 'error'] as const;

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Judges the body of a chat answer with HTTP 200 (service contract, 4.3). HTTP 200 proves
 * nothing: the normal form of a failure is 200 with `status: "error"`, and even `success` may hide one.
 *
 * @param correlationId the id that was sent and must come back
 * @param acceptErrors codes of well-formed errors that count as an answer (runbook 6.2)
 */
export function judgeChat(
  body: unknown,
  correlationId: string,
  acceptErrors: readonly string[],
): ProbeResult {
  const answer = asObject(body);
  const status = answer?.status;
  if (!answer || (status !== 'success' && status !== 'error')) return bad('HTTP 200, but not a chat answer');
  if (typeof answer.correlation_id !== 'string') return bad(`status ${status}, but no correlation id`);
  if (answer.correlation_id.toLowerCase() !== correlationId) {
    return bad(`status ${status}, but with the correlation id of another request`);
  }
  const values = { correlationId, ...(isUuid(answer.plan_id) ? { planId: answer.plan_id } : {}) };
  const judged = status === 'success' ? judgeSuccess(answer) : judgeError(answer, acceptErrors);
  return { ...judged, values: { ...values, ...judged.values } };
}

/**
 * The plan of an answer with HTTP 200 as the service has counted it (service contract, 6.2): a false success
 * is no failed plan to it, nor is an internal error. A body that is no chat answer comes of no plan.
 */
export function planOf(body: unknown): OwnPlans {
  const { status, error } = asObject(body) ?? {};
  if (status !== 'success' && status !== 'error') return { started: 0, failed: 0 };
  const counted = status === 'error' && asObject(error)?.code !== 'internal';
  return { started: 1, failed: counted ? 1 : 0 };
}

function judgeSuccess({ output, error }: Readonly<Record<string, unknown>>): ProbeResult {
  if (error !== null && error !== undefined) return bad('status success, but with an error beside it');
  if (typeof output !== 'string') return bad('status success, but no output');
  const result = asObject(parse(output));
  if (!result)
    return bad(
      output === 'null' ? 'status success, but output null' : 'status success, but output is no object',
    );
  const { output_type: type, data } = result;
  if (type === 'error') return bad(`status success, but output_type error: ${text(data)}`);
  if (typeof data !== 'string' || data.trim() === '') return bad('status success, but data is empty');
  if (asObject(result.metadata)?.cached === true)
    return unclear('answered from the cache: no proof of the model');
  return good(`status success, ${data.length} characters of ${text(type)}`, { status: 'success' });
}

function judgeError(answer: Readonly<Record<string, unknown>>, acceptErrors: readonly string[]): ProbeResult {
  const error = asObject(answer.error);
  const code = text(error?.code);
  const observed = `HTTP 200, but status error: ${code} ${text(error?.message)}`;
  const values = { status: 'error', code };
  const fault = malformed(answer);
  if (fault) return bad(`${observed} (malformed: ${fault})`, values);
  return acceptErrors.includes(code)
    ? good(`well-formed error ${code}, accepted by the profile`, values)
    : bad(observed, values);
}

/** Why an error answer is not well-formed (service contract, 4.2). */
function malformed(answer: Readonly<Record<string, unknown>>): string | undefined {
  const missing = KEYS.find((key) => !Object.hasOwn(answer, key));
  if (missing) return `no ${missing}`;
  if (answer.output !== null) return 'output beside an error';
  const { code, message } = asObject(answer.error) ?? {};
  if (!CHAT_ERROR_CODES.some((known) => known === code)) return 'unknown code';
  if (typeof message !== 'string' || message.trim() === '') return 'no message';
  return isUuid(answer.correlation_id) ? undefined : 'correlation id is no UUID';
}

function isUuid(value: unknown): value is string {
  return typeof value === 'string' && UUID.test(value);
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

function text(value: unknown): string {
  return typeof value === 'string' ? oneLine(value, 120) : '(none)';
}
