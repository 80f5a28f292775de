import { RunbookError } from '../domain/errors.ts';
import type { ReadSignal, SignalDefinition, SignalReading, SignalSourceId } from '../domain/need/signals.ts';
import type { SignalQuestion, SignalSource } from './signal-source.ts';

/** What reads the signals of one service. It throws only when the question's `signal` aborts. */
export interface SignalReader {
  read(question: ReaderQuestion): Promise<readonly ReadSignal[]>;
}

/** What a reader is asked for. */
export interface ReaderQuestion extends SignalQuestion {
  /**
   * In ms: no value is taken over more, so that after a change none holds what was before it. Where Prometheus has scraped
   * less than twice in it, there is no data. Default: each signal's own window.
   */
  readonly longestWindowMs?: number;
}

/** PromQL has no range of 0, in ms. */
const LEAST_WINDOW_MS = 1000;

/** Which source is asked first for what Prometheus and a scrape both have. */
export const PREFERENCES = ['prometheus', 'scrape', 'both'] as const;
export type Preference = (typeof PREFERENCES)[number];

/** One source, and which signals it is asked for. */
export interface AskedSource {
  readonly id: SignalSourceId;
  readonly source: SignalSource;
  has(id: string): boolean;
}

export interface ReaderOptions {
  readonly definitions: readonly SignalDefinition[];
  /** In no order: `prefer` says which is asked first. */
  readonly sources: readonly AskedSource[];
  readonly prefer: Preference;
  /** Within which each source answers, in ms. */
  readonly deadlineMs: number;
}

type Measured = Extract<SignalReading, { kind: 'measured' }>;

/** So many times as much in one source as in the other is said. */
const DISAGREE = 3;

/**
 * Reads every signal from the best source that has it. What that cannot tell is asked of the next one, and it is said
 * why. A source that fails, or does not answer within the deadline, is `no-data` of its signals: an assessment goes on
 * without them.
 */
export function createSignalReader({
  definitions,
  sources,
  prefer,
  deadlineMs,
}: ReaderOptions): SignalReader {
  return {
    async read({ longestWindowMs, ...question }) {
      const wanted = within(definitions, longestWindowMs);
      const ask = (source: AskedSource, of: readonly SignalDefinition[]) =>
        readFrom(source, of, question, deadlineMs);
      const readings = await Promise.all(
        groupsOf(wanted, sources, prefer).map(async ([ranked, group]) => {
          const asked =
            prefer === 'both'
              ? await Promise.all(ranked.map((source) => ask(source, group)))
              : await oneAfterTheOther(ranked, group, ask);
          return group.map((definition, index) => ({
            definition,
            reading: bestOf(
              definition,
              asked.flatMap((all) => all[index] ?? []),
            ),
          }));
        }),
      );
      const found = new Map(readings.flat().map((one) => [one.definition.id, one]));
      return wanted.map((definition) => found.get(definition.id) ?? { definition, reading: NOBODY });
    },
  };
}

function within(
  definitions: readonly SignalDefinition[],
  longestMs: number | undefined,
): readonly SignalDefinition[] {
  if (longestMs === undefined) return definitions;
  const longest = Math.max(LEAST_WINDOW_MS, Math.floor(longestMs / 1000) * 1000);
  return definitions.map((definition) =>
    definition.windowMs > longest ? { ...definition, windowMs: longest } : definition,
  );
}

/** The scrape stands for the service's own instances, the API for what is asked of it. */
const NOBODY: SignalReading = {
  kind: 'no-data',
  source: 'scrape',
  why: 'no source has it: give prometheus, or signals.scrape',
};

/** The definitions by which sources have them, the one that is asked first in front. */
function groupsOf(
  definitions: readonly SignalDefinition[],
  sources: readonly AskedSource[],
  prefer: Preference,
): readonly (readonly [readonly AskedSource[], readonly SignalDefinition[]])[] {
  const first = prefer === 'scrape' ? 'scrape' : 'prometheus';
  const ordered = [...sources].sort((a, b) => Number(b.id === first) - Number(a.id === first));
  const rankedFor = ({ id }: SignalDefinition) => ordered.filter((source) => source.has(id));
  const groups = Map.groupBy(definitions, (definition) =>
    rankedFor(definition)
      .map(({ id }) => id)
      .join(),
  );
  return [...groups.values()].flatMap((group) => {
    const ranked = group[0] ? rankedFor(group[0]) : [];
    return ranked.length === 0 ? [] : [[ranked, group] as const];
  });
}

/** Each source is asked for what those before it could not tell; a hole stands for what it was not asked. */
async function oneAfterTheOther(
  ranked: readonly AskedSource[],
  group: readonly SignalDefinition[],
  ask: (source: AskedSource, of: readonly SignalDefinition[]) => Promise<readonly SignalReading[]>,
): Promise<readonly (readonly (SignalReading | undefined)[])[]> {
  const all: (readonly (SignalReading | undefined)[])[] = [];
  let open = group;
  for (const source of ranked) {
    if (open.length === 0) break;
    const asked = open;
    const readings = await ask(source, asked);
    all.push(group.map((definition) => readings[asked.indexOf(definition)]));
    open = asked.filter((_, index) => readings[index]?.kind === 'no-data');
  }
  return all;
}

/** The first that was measured, with what the others have said beside it. */
function bestOf(definition: SignalDefinition, readings: readonly SignalReading[]): SignalReading {
  const best = readings.find((reading): reading is Measured => reading.kind === 'measured');
  if (!best) {
    const [first] = readings;
    if (first?.kind !== 'no-data') return NOBODY;
    const why = readings.flatMap((reading) =>
      reading.kind === 'no-data'
        ? [readings.length > 1 ? `${reading.source}: ${reading.why}` : reading.why]
        : [],
    );
    return { ...first, why: why.join('; ') };
  }
  const beside = readings.flatMap((reading) =>
    reading === best ? [] : (noteOf(definition, best, reading) ?? []),
  );
  const notes = [...(best.notes ?? []), ...beside];
  return { ...best, ...(notes.length > 0 ? { notes } : {}) };
}

function noteOf(definition: SignalDefinition, best: Measured, other: SignalReading): string | undefined {
  if (other.kind === 'no-data') return `${other.source}: ${other.why}`;
  const { minSamples, noise = 0 } = definition;
  const enough = [best, other].every(({ now }) => (now.samples ?? minSamples) >= minSamples);
  const [low, high] = [best.now.value, other.now.value].toSorted((a, b) => a - b) as [number, number];
  if (!enough || high - low <= noise || high <= low * DISAGREE) return undefined;
  const { value, samples } = other.now;
  const of = samples === undefined ? '' : ` of ${Math.round(samples)}`;
  return `${other.source} says ${Number(value.toPrecision(3))}${of}: ${(other.notes ?? []).join('; ') || 'another number'}`;
}

async function readFrom(
  { id, source }: AskedSource,
  definitions: readonly SignalDefinition[],
  question: SignalQuestion,
  deadlineMs: number,
): Promise<readonly SignalReading[]> {
  const none = (why: string) => definitions.map((): SignalReading => ({ kind: 'no-data', source: id, why }));
  const late = AbortSignal.timeout(deadlineMs);
  const ended = AbortSignal.any([question.signal, late]);
  try {
    const readings = await Promise.race([
      source.read(definitions, { ...question, signal: ended }),
      whenAborted(ended),
    ]);
    return definitions.map((_, index) => whole(readings[index]) ?? none('it gave no number')[0] ?? NOBODY);
  } catch (error) {
    question.signal.throwIfAborted();
    if (late.aborted) return none(`no answer within ${deadlineMs / 1000} s`);
    const name = error instanceof Error ? error.name : 'unknown';
    return none(error instanceof RunbookError ? error.message : `it failed unexpectedly (${name})`);
  }
}

/** Rejects when the signal aborts: a source that does not obey it is left behind. */
function whenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) return reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** A reading whose number is one. */
function whole(reading: SignalReading | undefined): SignalReading | undefined {
  return reading?.kind === 'measured' && !Number.isFinite(reading.now.value) ? undefined : reading;
}
