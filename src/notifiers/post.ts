import { RunbookError } from '../domain/errors.ts';
import type { SecretReference } from '../domain/request/profile.ts';
import { exchange } from '../http/exchange.ts';
import { describeSecret } from '../secrets/describe.ts';
import type { SecretResolver } from '../secrets/index.ts';

/** One message to one receiver, ready to be sent. */
export interface Post {
  /** The receiver's name, for errors. */
  readonly receiver: string;
  /** The address is a secret: it appears in no error. */
  readonly url: SecretReference;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** In milliseconds. */
  readonly timeoutMs: number;
}

/** Receivers answer with a word or two. In bytes. */
const ANSWER_LIMIT = 16 * 1024;

/**
 * Posts JSON. 2xx is success; 408, 425, 429 and 5xx may be tried again, after `Retry-After` where it is given; any
 * other status is final for this receiver. Throws `RunbookError` `NotificationFailed` or `SecretUnavailable`.
 */
export async function post(message: Post, secrets: SecretResolver, signal: AbortSignal): Promise<void> {
  const { receiver, headers, body, timeoutMs } = message;
  const url = addressIn(message.url, await secrets.resolve(message.url, signal));
  const outcome = await exchange({
    method: 'POST',
    url,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body,
    timeoutMs,
    signal,
    limit: ANSWER_LIMIT,
    fresh: true,
  });
  if (outcome.kind === 'unanswered') {
    throw new RunbookError('NotificationFailed', `${receiver}: ${outcome.problem}`);
  }
  const { status, retryAfterMs } = outcome;
  if (status >= 200 && status < 300) return;
  const retryable = status >= 500 || status === 429 || status === 408 || status === 425;
  throw new RunbookError('NotificationFailed', `${receiver}: HTTP ${status}${reasonIn(outcome.body)}`, {
    retryable,
    ...(retryable && retryAfterMs !== undefined ? { retryAfterMs } : {}),
  });
}

function addressIn(reference: SecretReference, value: string): string {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (url && (url.protocol === 'https:' || url.protocol === 'http:')) return value;
  throw new RunbookError('SecretUnavailable', `${describeSecret(reference)} holds no http or https address`);
}

/** Slack names the reason by a code such as `channel_is_archived`; a longer text may repeat what was sent. */
function reasonIn(body: string): string {
  return /^[a-z_]{2,40}$/.test(body.trim()) ? ` ${body.trim()}` : '';
}
