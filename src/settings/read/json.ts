import { DEPTH_LIMIT } from './flatten.ts';
import { Unreadable, unreadableAt } from './unreadable.ts';

/** The tokens of a text that is JSON: nothing else needs to be told apart. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

/**
 * What a JSON text says: objects as maps, in their order. Whole numbers are exact. A key that is there twice is refused,
 * because programs differ in which one they take (RFC 8259, section 4).
 * @throws Unreadable
 */
export function readJson(text: string): unknown {
  const fault = faultOf(text);
  if (fault) throw fault;
  return new Tokens(text).value(0);
}

/** Where the parser stumbles, if it does. Its message repeats the text, and ends with the place in some cases only. */
function faultOf(text: string): Unreadable | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    const [, offset] = / at position (\d+)(?: \(line \d+ column \d+\))?$/.exec(String(error)) ?? [];
    return offset === undefined
      ? new Unreadable({ says: 'not JSON' })
      : unreadableAt(text, Number(offset), 'not JSON');
  }
}

/** Reads the tokens of a text that is known to be JSON. */
class Tokens {
  readonly #text: string;
  readonly #tokens: IterableIterator<RegExpExecArray>;
  #next: RegExpExecArray | undefined;

  constructor(text: string) {
    this.#text = text;
    this.#tokens = text.matchAll(TOKEN);
    this.#take();
  }

  value(depth: number): unknown {
    if (depth > DEPTH_LIMIT) throw new Unreadable({ says: 'nested too deeply' });
    const token = this.#take();
    if (token === '{') return this.#object(depth);
    if (token === '[') return this.#list(depth);
    if (/^-?\d+$/.test(token)) return BigInt(token);
    return JSON.parse(token);
  }

  #object(depth: number): ReadonlyMap<string, unknown> {
    const object = new Map<string, unknown>();
    while (this.#peek() !== '}') {
      const at = this.#next?.index ?? 0;
      const key = JSON.parse(this.#take()) as string;
      if (object.has(key)) throw unreadableAt(this.#text, at, 'the same key twice');
      this.#take();
      object.set(key, this.value(depth + 1));
      if (this.#peek() === ',') this.#take();
    }
    this.#take();
    return object;
  }

  #list(depth: number): readonly unknown[] {
    const list: unknown[] = [];
    while (this.#peek() !== ']') {
      list.push(this.value(depth + 1));
      if (this.#peek() === ',') this.#take();
    }
    this.#take();
    return list;
  }

  #peek(): string {
    return this.#next?.[0] ?? '';
  }

  /** The token that comes next; the one behind it is next then. */
  #take(): string {
    const taken = this.#next?.[0] ?? '';
    const { value, done } = this.#tokens.next();
    this.#next = done ? undefined : value;
    return taken;
  }
}
