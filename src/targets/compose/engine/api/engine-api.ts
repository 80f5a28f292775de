import { Client } from 'undici';
import { RunbookError } from '../../../../domain/errors.ts';
import { answerError, connectionError, messageOf, unreadable } from './api-error.ts';
import { ConnectionEnded, DialStdio } from './dial-stdio.ts';

export interface EngineApiLimits {
  /** From a question to the end of its answer, in milliseconds; default 30 s. */
  readonly timeoutMs?: number;
  /** How long a connection that nobody asks on is kept, in milliseconds; default 30 s. */
  readonly idleMs?: number;
}

/** More of one answer than this is an error, in bytes. */
const ANSWER_LIMIT = 16 * 1024 * 1024;
/** HTTP wants a name; which engine it is the docker command knows. */
const ORIGIN = 'http://docker';
/** What an engine says of a name that nothing has or can have, whatever the status. */
const NO_SUCH = /no such (?:image|container)/i;
/** What it says of a path that it does not know, which says nothing about a name in it. */
const NO_PATH = /page not found/i;

/**
 * Asks the engine's HTTP API, over one `docker system dial-stdio` for all questions, one after the other. It is started
 * by the first question and let go when nobody has asked for a while; idle, it holds no process open.
 *
 * A question that is given up, by the caller or for want of an answer, takes its connection along: the next one gets
 * another. One whose connection had answered before and has ended under it, as when the engine was restarted meanwhile,
 * is asked once more: only questions are asked here, and these may be repeated.
 */
export class EngineApi {
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #timeoutMs: number;
  readonly #idleMs: number;
  #client: Client | undefined;
  #hasAnswered = false;

  /** @param env of the docker command. */
  constructor(
    env: Readonly<Record<string, string | undefined>>,
    { timeoutMs = 30_000, idleMs = 30_000 }: EngineApiLimits = {},
  ) {
    this.#env = env;
    this.#timeoutMs = timeoutMs;
    this.#idleMs = idleMs;
  }

  /**
   * What the engine answers to a GET, parsed.
   * @param what for messages: `the containers cannot be listed`.
   * @throws Unreachable, AccessDenied, InvalidConfig, CommandMissing; the signal's reason when it aborts.
   */
  async get(what: string, path: string, signal: AbortSignal): Promise<unknown> {
    const { status, body } = await this.#ask(what, path, signal);
    if (status !== 200) throw answerError(what, status, body.toString('utf8'));
    return parsed(what, body);
  }

  /** As `get`; nothing when the engine has no such thing. */
  async find(what: string, path: string, signal: AbortSignal): Promise<unknown> {
    const found = await this.findBytes(what, path, signal);
    return found && parsed(what, found);
  }

  /** As `find`, as it is sent. */
  async findBytes(what: string, path: string, signal: AbortSignal): Promise<Buffer | undefined> {
    const { status, body } = await this.#ask(what, path, signal);
    if (status === 200) return body;
    const text = body.toString('utf8');
    const said = messageOf(text);
    if (NO_SUCH.test(said) || (status === 404 && !NO_PATH.test(said))) return undefined;
    throw answerError(what, status, text);
  }

  /** Lets the connection go. A later question opens another. */
  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    await client?.destroy();
  }

  async #ask(what: string, path: string, signal: AbortSignal): Promise<Answer> {
    signal.throwIfAborted();
    const deadline = AbortSignal.timeout(this.#timeoutMs);
    const either = AbortSignal.any([signal, deadline]);
    try {
      return await this.#exchange(path, either).catch((error: unknown) => {
        const isOver = error instanceof ConnectionEnded && error.hadAnswered;
        if (!isOver || either.aborted) throw error;
        return this.#exchange(path, either);
      });
    } catch (error) {
      signal.throwIfAborted();
      if (deadline.aborted) {
        const within = `${this.#timeoutMs / 1000} s`;
        throw new RunbookError('Unreachable', `${what}: the engine did not answer within ${within}`);
      }
      throw connectionError(what, error, this.#hasAnswered);
    }
  }

  async #exchange(path: string, signal: AbortSignal): Promise<Answer> {
    this.#client ??= this.#connect();
    const headers = { accept: 'application/json', 'user-agent': 'rollback-runbook' };
    // The deadline of the whole holds for its parts.
    const limits = { headersTimeout: 0, bodyTimeout: 0 };
    const response = await this.#client.request({ method: 'GET', path, headers, signal, ...limits });
    this.#hasAnswered = true;
    return { status: response.statusCode, body: Buffer.from(await response.body.arrayBuffer()) };
  }

  #connect(): Client {
    return new Client(ORIGIN, {
      connect: (_options, callback) => {
        DialStdio.open(this.#env).then(
          // It does what is done with a socket here.
          (connection) => callback(null, connection as never),
          (error: Error) => callback(error, null),
        );
      },
      pipelining: 1,
      keepAliveTimeout: this.#idleMs,
      maxResponseSize: ANSWER_LIMIT,
    });
  }
}

interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

function parsed(what: string, body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    // The parser's message repeats a piece of the text.
    throw unreadable(what);
  }
}
