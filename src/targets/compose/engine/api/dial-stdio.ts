import { type ChildProcess, spawn } from 'node:child_process';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** A connection that has ended by itself: the docker command has, or it lost the engine. */
export class ConnectionEnded extends Error {
  override readonly name = 'ConnectionEnded';
  /** Of the docker command; none when a signal has ended it. */
  readonly exitCode: number | null;
  /** What the docker command wrote to its error output. */
  readonly said: string;
  /** Whether the engine had answered on it: what ended is a connection that had been one. */
  readonly hadAnswered: boolean;

  constructor(exitCode: number | null, said: string, hadAnswered: boolean) {
    super('the connection to the engine has ended');
    this.exitCode = exitCode;
    this.said = said;
    this.hadAnswered = hadAnswered;
  }
}

/** Error output that is kept, in characters. */
const SAID_LIMIT = 64 * 1024;
/** How long a command whose output has ended may take to end too, and to say why, in milliseconds. */
const LAST_WORDS_MS = 500;

/**
 * A connection to the engine's HTTP API: the two ends of `docker system dial-stdio`. The command chooses the engine as
 * every docker command does (docs/decisions/0011).
 *
 * Its end is told with what the command said (`ConnectionEnded`). When it is destroyed the process is killed: it is only
 * asked by it. The process ends by itself when this one dies, whichever way, because its input ends then.
 */
export class DialStdio extends Duplex {
  readonly #child: ChildProcess;
  #said = '';
  #hasAnswered = false;
  #lastWords: NodeJS.Timeout | undefined;

  private constructor(child: ChildProcess) {
    super();
    this.#child = child;
    const { stdin, stdout, stderr } = child;
    // A broken input is told by the end of the process, which says why.
    stdin?.on('error', () => undefined);
    stdout?.on('data', (chunk: Buffer) => {
      this.#hasAnswered = true;
      if (!this.push(chunk)) stdout.pause();
    });
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-SAID_LIMIT);
    });
    (stderr as Socket | null)?.unref();
    // A process that the command has started may keep the outputs open.
    stdout?.once('end', () => this.#endSoon());
    child.once('exit', () => this.#endSoon());
    child.once('close', (code) => this.#end(code));
  }

  /**
   * Starts the command.
   * @param env of the command, and nothing else.
   * @throws the system's error when it cannot be started: `ENOENT` where there is no docker.
   */
  static open(env: Readonly<Record<string, string | undefined>>): Promise<DialStdio> {
    return new Promise((resolve, reject) => {
      const child = spawn('docker', ['system', 'dial-stdio'], { env, stdio: ['pipe', 'pipe', 'pipe'] });
      child.on('error', reject);
      child.once('spawn', () => resolve(new DialStdio(child)));
    });
  }

  /** Lets this process end while the connection is idle. */
  unref(): void {
    for (const part of this.#parts()) part?.unref();
  }

  ref(): void {
    for (const part of this.#parts()) part?.ref();
  }

  override _read(): void {
    this.#child.stdout?.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: () => void): void {
    this.#child.stdin?.write(chunk, () => callback());
  }

  override _destroy(error: Error | null, callback: (error: Error | null) => void): void {
    clearTimeout(this.#lastWords);
    const { stdin, stdout, stderr } = this.#child;
    for (const stream of [stdin, stdout, stderr]) stream?.destroy();
    this.#child.kill('SIGKILL');
    callback(error);
  }

  #endSoon(): void {
    if (this.destroyed) return;
    this.#lastWords ??= setTimeout(() => this.#end(this.#child.exitCode), LAST_WORDS_MS);
  }

  #end(exitCode: number | null): void {
    this.destroy(new ConnectionEnded(exitCode, this.#said, this.#hasAnswered));
  }

  #parts(): readonly (ChildProcess | Socket | null)[] {
    const { stdin, stdout } = this.#child;
    return [this.#child, stdin as Socket | null, stdout as Socket | null];
  }
}
