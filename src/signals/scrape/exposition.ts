/** One line of an exposition. */
export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A whole exposition that was well-formed to its end. */
export interface Exposition {
  /** Declared kind by family name: `counter`, `summary`, `histogram`, … */
  readonly kinds: ReadonlyMap<string, string>;
  readonly samples: readonly Sample[];
}

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const LINE = new RegExp(`^(${NAME})(?:\\{(.*)\\})?[ \\t]+(\\S+)(?:[ \\t]+-?[\\d.]+)?(?:[ \\t]+#[ \\t].*)?$`);
const LABEL = /\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"((?:[^"\\\n]|\\.)*)"\s*(,|$)/y;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Reads the Prometheus text format, version 0.0.4 (and what OpenMetrics adds to it), strictly: a text that is cut
 * off or is something else gives a problem, never a part of its numbers. HELP lines, the order of the families
 * and the content type do not matter (service contract, 6.3). An empty text is well-formed: no metric has
 * been counted yet.
 */
export function parseExposition(text: string): Exposition | { readonly problem: string } {
  if (text !== '' && !text.endsWith('\n')) return { problem: 'cut off: the last line has no end' };
  const kinds = new Map<string, string>();
  const samples: Sample[] = [];
  const seen = new Set<string>();
  for (const [index, line] of text.split('\n').entries()) {
    const trimmed = line.trim();
    const declared = new RegExp(`^#\\s+TYPE\\s+(${NAME})\\s+(\\w+)$`).exec(trimmed);
    if (declared) kinds.set(declared[1] ?? '', declared[2] ?? '');
    if (trimmed === '' || trimmed.startsWith('#')) continue;
    const sample = readSample(trimmed);
    if (!sample) return { problem: `line ${index + 1} is no metric` };
    const series = `${sample.name}${JSON.stringify(Object.entries(sample.labels).sort())}`;
    if (seen.has(series)) return { problem: `line ${index + 1} repeats a metric` };
    seen.add(series);
    samples.push(sample);
  }
  const unfinished = unfinishedFamily(kinds, samples);
  return unfinished ? { problem: `cut off: ${unfinished} is incomplete` } : { kinds, samples };
}

function readSample(line: string): Sample | undefined {
  const [, name, inner, number] = LINE.exec(line) ?? [];
  if (name === undefined || number === undefined) return undefined;
  const value = readNumber(number);
  const labels = readLabels(inner ?? '');
  return value === undefined || labels === undefined ? undefined : { name, labels, value };
}

function readNumber(text: string): number | undefined {
  if (/^[+-]?inf$/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return Number.NaN;
  return NUMBER.test(text) ? Number(text) : undefined;
}

function readLabels(inner: string): Readonly<Record<string, string>> | undefined {
  const labels: [string, string][] = [];
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < inner.length) {
    const at = LABEL.lastIndex;
    const match = LABEL.exec(inner);
    if (!match) return inner.slice(at).trim() === '' ? Object.fromEntries(labels) : undefined;
    labels.push([match[1] ?? '', unescaped(match[2] ?? '')]);
  }
  return Object.fromEntries(labels);
}

function unescaped(value: string): string {
  return value.replace(/\\(.)/g, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
}

/** A family whose lines stop before its end: a declared one without any, or one without sum and count. */
function unfinishedFamily(kinds: Exposition['kinds'], samples: readonly Sample[]): string | undefined {
  const names = new Set(samples.map(({ name }) => name));
  for (const [family, kind] of kinds) {
    const complete =
      kind === 'summary' || kind === 'histogram'
        ? names.has(`${family}_sum`) && names.has(`${family}_count`)
        : names.has(family) || names.has(`${family}_total`) || kind === 'info' || kind === 'stateset';
    if (!complete) return family;
  }
  return undefined;
}

/** The sum over all series of a name; nothing when there is none. */
export function totalOf({ samples }: Exposition, name: string): number | undefined {
  const found = samples.filter((sample) => sample.name === name);
  return found.length === 0 ? undefined : found.reduce((sum, { value }) => sum + value, 0);
}
