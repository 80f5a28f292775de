import type { PreconditionFinding } from '../../domain/preconditions/preconditions.ts';
import { oneLine } from '../../domain/redact.ts';
import type { PlannedVersion } from '../../domain/versions/plan.ts';
import { basic } from '../../http/authorization.ts';
import { exchange, type HttpResponse, type NoResponse } from '../../http/exchange.ts';
import type { PreconditionQuestion, PreconditionSurroundings } from '../precondition-kind.ts';
import { withinBudget } from '../within-budget.ts';
import type { CallSettings } from './settings.ts';

/** An answer is a word and a reason. In bytes. */
const RESPONSE_LIMIT = 64 * 1024;
/** In characters. */
const LONGEST_REASON = 300;

/** What the address of the profile says of a plan. */
export async function askAddress(
  settings: CallSettings,
  { plan, signal }: Pick<PreconditionQuestion, 'plan' | 'signal'>,
  { service, environment, resolve }: Pick<PreconditionSurroundings, 'service' | 'environment' | 'resolve'>,
): Promise<PreconditionFinding> {
  const { authorization, secrets } = await headerOf(settings, resolve, signal);
  const body = JSON.stringify({ service, environment, from: sideOf(plan.from), to: sideOf(plan.to) });
  const answer = await withinBudget(settings.timeout, signal, (timeoutMs) =>
    exchange({
      method: 'POST',
      url: settings.url,
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        ...(authorization === undefined ? {} : { authorization }),
      },
      body,
      timeoutMs,
      signal,
      limit: RESPONSE_LIMIT,
      secrets,
      // What a gate does is its own: one that may have been asked is not asked again.
    }).then((response) => ({
      response,
      again: response.kind === 'unanswered' && response.delivered === 'no',
    })),
  );
  return judged(answer);
}

async function headerOf(
  { auth }: CallSettings,
  resolve: PreconditionSurroundings['resolve'],
  signal: AbortSignal,
): Promise<{ readonly authorization?: string; readonly secrets: readonly string[] }> {
  if (!auth) return { secrets: [] };
  const secret = await resolve(auth.secret, signal);
  const authorization =
    auth.mode === 'bearer' ? `Bearer ${secret}` : basic({ username: auth.username, password: secret });
  return { authorization, secrets: [secret] };
}

function sideOf({ version, image, digest }: PlannedVersion) {
  return { version, image, ...(digest === undefined ? {} : { digest }) };
}

function judged(answer: HttpResponse | NoResponse): PreconditionFinding {
  if (answer.kind === 'unanswered') return unknown(`the gate did not answer: ${answer.problem}`);
  const { status, body } = answer;
  if (status === 401 || status === 403) {
    return unknown(
      `the gate refuses the worker (${status})`,
      'look at preconditions.command.auth of the profile',
    );
  }
  if (status < 200 || status > 299) return unknown(`the gate answered ${status}`);
  const { allowed, reason } = objectIn(body);
  if (typeof allowed !== 'boolean') {
    return unknown('the gate answered what is no { "allowed": true or false }');
  }
  const why =
    typeof reason === 'string' && reason.trim() !== '' ? `: ${oneLine(reason, LONGEST_REASON)}` : '';
  return allowed
    ? { id: 'command', state: 'met', says: `the gate says that it may go back${why}` }
    : { id: 'command', state: 'not-met', says: `the gate says that it may not go back${why}` };
}

function objectIn(body: string): { readonly allowed?: unknown; readonly reason?: unknown } {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
  } catch {
    return {};
  }
}

function unknown(says: string, remedy?: string): PreconditionFinding {
  return { id: 'command', state: 'unknown', says, ...(remedy === undefined ? {} : { remedy }) };
}
