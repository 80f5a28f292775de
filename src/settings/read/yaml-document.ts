import { type Document, isScalar, LineCounter, parseDocument, visit } from 'yaml';

/** Something that makes a text no YAML that two readers understand alike. */
export interface YamlFault {
  readonly message: string;
  readonly offset: number;
}

/** A text as one YAML document. */
export interface YamlDocument {
  readonly document: Document;
  readonly lines: LineCounter;
  /** What is wrong with it as YAML; where nothing is, its keys: each a text, and each once. */
  readonly faults: readonly YamlFault[];
  /** What the parser warns of: a tag that it does not know, for one. */
  readonly warnings: readonly YamlFault[];
}

/** How whole numbers come out: as numbers, or each exact. */
interface YamlOptions {
  readonly exact: boolean;
}

/** @throws RangeError for a text that is nested too deeply, where the parser does not notice by itself. */
export function readYamlDocument(text: string, { exact }: YamlOptions): YamlDocument {
  const lines = new LineCounter();
  const document = withoutTraces(() =>
    parseDocument(text, {
      lineCounter: lines,
      prettyErrors: false,
      merge: true,
      intAsBigInt: exact,
      // Its warnings go to the log with words of the file.
      logLevel: 'error',
      // It compares each key with each: see `keyFaults`.
      uniqueKeys: false,
    }),
  );
  const broken = document.errors.map(syntaxFault);
  return {
    document,
    lines,
    faults: broken.length > 0 ? broken : keyFaults(document),
    warnings: document.warnings.map(syntaxFault),
  };
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

function syntaxFault(error: { code: string; pos: [number, number] }): YamlFault {
  const message =
    error.code === 'MULTIPLE_DOCS' ? 'more than one document in the file' : `not YAML: ${error.code}`;
  return { message, offset: error.pos[0] };
}

/** Keys that are lists, mappings or aliases, and keys that are there twice: `1` and `"1"` are the same. */
function keyFaults(document: Document): readonly YamlFault[] {
  const faults: YamlFault[] = [];
  visit(document, {
    Map(_, map) {
      const seen = new Set<string>();
      for (const { key } of map.items as readonly { key: unknown }[]) {
        const offset = startOf(key);
        if (key !== null && !isScalar(key)) {
          faults.push({ message: 'a key must be a text', offset });
          continue;
        }
        const value = key?.value;
        // A merge key, which may stand there more than once.
        if (typeof value === 'symbol') continue;
        const name = String(value ?? '');
        if (seen.has(name)) faults.push({ message: 'the same key twice', offset });
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
