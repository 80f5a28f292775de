import { type Document, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { Fault } from './faults.ts';

/** No configuration is longer; the work for a text grows with it. In characters. */
const TEXT_LIMIT = 128 * 1024;

/** A text as YAML. Without faults, `written` is what it says. */
export interface ReadYaml {
  readonly document: Document;
  readonly lines: LineCounter;
  readonly faults: readonly Fault[];
  readonly written: unknown;
}

/** Reads a text as one YAML document without cycles whose keys are texts, each once. */
export function readYaml(text: string): ReadYaml {
  if (text.length > TEXT_LIMIT) return unreadable(`the text is longer than ${TEXT_LIMIT / 1024} KiB`);
  try {
    return read(text, new LineCounter());
  } catch (error) {
    // Mostly the parser notices by itself, and says where; here the stack has ended before.
    if (error instanceof RangeError) return unreadable('nested too deeply');
    throw error;
  }
}

function unreadable(message: string): ReadYaml {
  return {
    document: parseDocument(''),
    lines: new LineCounter(),
    faults: [{ path: [], message }],
    written: undefined,
  };
}

function read(text: string, lines: LineCounter): ReadYaml {
  const document = withoutTraces(() =>
    parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      merge: true,
      // Its warnings go to the log with words of the file.
      logLevel: 'error',
      // It compares each key with each: see `keyFaults`.
      uniqueKeys: false,
    }),
  );
  const broken = [...document.errors, ...document.warnings].map(syntaxFault);
  const faults = broken.length > 0 ? broken : keyFaults(document);
  if (faults.length > 0) return { document, lines, faults, written: undefined };
  const written = whatItSays(document);
  if ('problem' in written) {
    return { document, lines, faults: [{ path: [], message: written.problem }], written: undefined };
  }
  const cycle = cycleIn(written.value, [], new Set());
  return { document, lines, faults: cycle ? [cycle] : [], written: written.value };
}

function whatItSays(document: Document): { readonly value: unknown } | { readonly problem: string } {
  try {
    return { value: document.toJS({ maxAliasCount: 100 }) ?? {} };
  } catch (error) {
    if (error instanceof RangeError) throw error;
    return { problem: 'an alias without anchor, or too many aliases' };
  }
}

/** A text of nothing but errors makes an `Error` for every character: most of the time goes into their stack traces. */
function withoutTraces<T>(work: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

function syntaxFault(error: { code: string; pos: [number, number] }): Fault {
  const message =
    error.code === 'MULTIPLE_DOCS' ? 'more than one document in the file' : `not YAML: ${error.code}`;
  return { path: [], message, offset: error.pos[0] };
}

/** Keys that are lists, mappings or aliases, and keys that are there twice: `1` and `"1"` are the same. */
function keyFaults(document: Document): readonly Fault[] {
  const faults: Fault[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<string>();
      for (const { key } of map.items as readonly { key: unknown }[]) {
        const offset = startOf(key);
        if (key !== null && !isScalar(key)) {
          faults.push({ path: [], message: 'a key must be a text', offset });
          continue;
        }
        const value = key?.value;
        // A merge key, which may stand there more than once.
        if (typeof value === 'symbol') continue;
        const name = String(value ?? '');
        if (seen.has(name)) faults.push({ path: [], message: 'the same key twice', offset });
        seen.add(name);
      }
    },
  });
  return faults;
}

function startOf(node: unknown): number {
  const range = (node as { range?: readonly number[] } | null)?.range;
  return range?.[0] ?? 0;
}

/** The first place at which a value holds something that it stands in itself. */
function cycleIn(value: unknown, path: readonly PropertyKey[], around: Set<unknown>): Fault | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  if (around.has(value)) return { path, message: 'an alias to something that it stands in itself' };
  around.add(value);
  for (const [key, item] of Object.entries(value)) {
    const cycle = cycleIn(item, [...path, Array.isArray(value) ? Number(key) : key], around);
    if (cycle) return cycle;
  }
  around.delete(value);
  return undefined;
}
