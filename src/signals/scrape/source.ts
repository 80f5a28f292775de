import type { SignalDefinition, SignalReading } from '../../domain/need/signals.ts';
import { oneLine } from '../../domain/redact.ts';
import type { SignalSource } from '../signal-source.ts';
import type { Measure, ScrapedInstance } from './measure.ts';
import { type InstanceScrape, type ScrapeSettings, scrapeInstance } from './scrape.ts';

/** Instances that did not answer are named up to this many. */
const NAMED = 3;

/**
 * The service's own metrics, one scrape of each instance (service contract, 6.3: behind a Service the numbers of several
 * processes would mix). It has no past, and what it tells is over the life of the processes: a second scrape would have to
 * wait, and would see a few seconds. So what is bad is told, and what is not only where that cannot hide a bad window.
 * Where more than half of the instances answer, the rest is a note.
 *
 * @param measureOf how the signal of an id is read; none where a scrape has nothing of it
 */
export function createScrapeSource(
  settings: ScrapeSettings,
  measureOf: (id: string) => Measure | undefined,
  now: () => number = Date.now,
): SignalSource {
  return {
    async read(definitions, { instances, signal }) {
      const measured = definitions.map(({ id }) => measureOf(id));
      if (measured.every((measure) => !measure)) {
        return definitions.map(() => nothing('a scrape of the instances does not have it'));
      }
      if (instances.length === 0) return definitions.map(() => nothing('no running instance is known'));
      const scrapes = await Promise.all(
        instances.map((instance) => scrapeInstance(settings, instance, signal)),
      );
      const at = now();
      const good = scrapes.flatMap((found) => ('problem' in found ? [] : [withUptime(found, at)]));
      const problems = scrapes.flatMap((found) =>
        'problem' in found ? [`${found.instance.name}: ${found.problem}`] : [],
      );
      const silent = `${problems.length} of ${instances.length} instances not scraped: ${listed(problems)}`;
      if (good.length * 2 <= instances.length) return definitions.map(() => nothing(silent));
      const life = longestOf(good);
      const notes = [lifeSays(good.length, life), ...(problems.length > 0 ? [silent] : [])];
      return definitions.map((definition, index) =>
        readingOf(definition, measured[index], { scraped: good, at, life, notes }),
      );
    },
  };
}

/** What all instances have answered. */
interface Scraped {
  readonly scraped: readonly ScrapedInstance[];
  readonly at: number;
  /** Of the oldest process, in seconds; none where that is not known. */
  readonly life: number | undefined;
  readonly notes: readonly string[];
}

function readingOf(
  definition: SignalDefinition,
  measure: Measure | undefined,
  { scraped, at, life, notes }: Scraped,
): SignalReading {
  if (!measure) return nothing('a scrape of the instances does not have it');
  const found = measure(scraped);
  if ('why' in found) return nothing(found.why);
  const { value, samples, isRecent = false } = found;
  const isWhole = Number.isFinite(value) && value >= 0 && (definition.unit !== 'ratio' || value <= 1);
  const isCounted = samples === undefined || (Number.isFinite(samples) && samples >= 0);
  if (!isWhole || !isCounted) return nothing('what the instances have counted is no number');
  const hidden = isRecent ? undefined : mayHide(definition, value, life);
  if (hidden !== undefined) return nothing(hidden);
  return {
    kind: 'measured',
    source: 'scrape',
    now: { at, value, ...(samples === undefined ? {} : { samples }) },
    past: [],
    notes: isRecent ? ['the highest of the instances, over the last minute', ...notes.slice(1)] : notes,
  };
}

/**
 * A long life hides what is bad now: where a number that is not beyond the limit would be, had all of it come in the last
 * window, it says nothing of now.
 */
function mayHide(
  { limit, windowMs }: SignalDefinition,
  value: number,
  life: number | undefined,
): string | undefined {
  if (limit === undefined || value > limit || value === 0) return undefined;
  const windows = life === undefined ? Number.POSITIVE_INFINITY : Math.max(1, (life * 1000) / windowMs);
  if (value * windows <= limit) return undefined;
  const over = life === undefined ? 'a life of which the begin is not known' : `a life of ${inWords(life)}`;
  return `${Number(value.toPrecision(3))} over ${over} does not show what the last ${inWords(windowMs / 1000)} were`;
}

function withUptime(
  { instance, exposition }: Extract<InstanceScrape, { exposition: unknown }>,
  at: number,
): ScrapedInstance {
  const uptime = (at - Date.parse(instance.startedAt)) / 1000;
  // A start that is not known, or lies in the future by another clock, gives no rate.
  return { instance, exposition, ...(uptime >= 0 ? { uptime } : {}) };
}

function longestOf(scraped: readonly ScrapedInstance[]): number | undefined {
  const known = scraped.flatMap(({ uptime }) => (uptime === undefined ? [] : [uptime]));
  return known.length === scraped.length ? Math.max(...known) : undefined;
}

function lifeSays(count: number, life: number | undefined): string {
  const longest = life === undefined ? '' : `, ${inWords(life)} at most`;
  return `over the life of ${count === 1 ? 'the instance' : `${count} instances`}${longest}`;
}

function inWords(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}

function listed(problems: readonly string[]): string {
  const rest = problems.length - NAMED;
  return oneLine([...problems.slice(0, NAMED), ...(rest > 0 ? [`${rest} more`] : [])].join('; '), 300);
}

function nothing(why: string): SignalReading {
  return { kind: 'no-data', source: 'scrape', why };
}
