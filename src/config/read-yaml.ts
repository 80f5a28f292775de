import { type Document, LineCounter, parseDocument } from 'yaml';
import { readYamlDocument } from '../settings/read/yaml-document.ts';
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
    return read(text);
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

function read(text: string): ReadYaml {
  const { document, lines, ...found } = readYamlDocument(text, { exact: false });
  const faults = [...found.faults, ...found.warnings].map((fault): Fault => ({ path: [], ...fault }));
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
