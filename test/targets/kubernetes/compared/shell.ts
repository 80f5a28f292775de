import { type ChildProcess, spawn } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Turns } from './turns.ts';

/** How a command ended. */
export interface Ended {
  readonly code: number;
  /** Both outputs. */
  readonly output: string;
}

/** So many commands run at the same time. */
const AT_ONCE = 4;

/** Starts commands from one shell: to start each from a process that holds as much memory as ours takes far longer. */
export class Shell implements Disposable {
  readonly #folder: string;
  readonly #shell: ChildProcess;
  readonly #ended = new Map<number, (code: number) => void>();
  readonly #turns = new Turns(AT_ONCE);
  #count = 0;

  /** @param folder where inputs and outputs are kept. */
  constructor(folder: string) {
    this.#folder = folder;
    this.#shell = spawn('sh', { cwd: folder, env: { HOME: folder }, stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#shell.stdout! }).on('line', (line) => {
      const [number, code] = line.split(' ').map(Number);
      this.#ended.get(number ?? 0)?.(code ?? 1);
    });
  }

  run(words: readonly string[], input: string): Promise<Ended> {
    return this.#turns.take(async () => {
      this.#count += 1;
      const number = this.#count;
      const [from, to] = [join(this.#folder, `${number}.in`), join(this.#folder, `${number}.out`)];
      await writeFile(from, input);
      const ended = new Promise<number>((resolve) => this.#ended.set(number, resolve));
      const command = `${words.map(quoted).join(' ')} <${quoted(from)} >${quoted(to)} 2>&1`;
      this.#shell.stdin?.write(`{ ${command}; echo "${number} $?"; } &\n`);
      const code = await ended;
      return { code, output: (await readFile(to, 'utf8')).trim() };
    });
  }

  [Symbol.dispose](): void {
    this.#shell.stdin?.end();
  }
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
