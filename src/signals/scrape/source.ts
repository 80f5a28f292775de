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
 * wait, and would see a few seconds. Where more than half of the instances answer, the rest is a note.
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
      const notes = [lifeOf(good), ...(problems.length > 0 ? [silent] : [])];
      return definitions.map((definition, index) =>
        readingOf(definition, measured[index], { scraped: good, at, notes }),
      );
    },
  };
}

/** What all instances have answered. */
interface Scraped {
  readonly scraped: readonly ScrapedInstance[];
  readonly at: number;
  readonly notes: readonly string[];
}

function readingOf(
  { unit }: SignalDefinition,
  measure: Measure | undefined,
  { scraped, at, notes }: Scraped,
): SignalReading {
  if (!measure) return nothing('a scrape of the instances does not have it');
  const found = measure(scraped);
  if ('why' in found) return nothing(found.why);
  const { value, samples } = found;
  const isWhole = Number.isFinite(value) && value >= 0 && (unit !== 'ratio' || value <= 1);
  const isCounted = samples === undefined || (Number.isFinite(samples) && samples >= 0);
  if (!isWhole || !isCounted) return nothing('what the instances have counted is no number');
  return {
    kind: 'measured',
    source: 'scrape',
    now: { at, value, ...(samples === undefined ? {} : { samples }) },
    past: [],
    notes,
  };
}

function withUptime(
  { instance, exposition }: Extract<InstanceScrape, { exposition: unknown }>,
  at: number,
): ScrapedInstance {
  const uptime = (at - Date.parse(instance.startedAt)) / 1000;
  // A start that is not known, or lies in the future by another clock, gives no rate.
  return { instance, exposition, ...(uptime >= 0 ? { uptime } : {}) };
}

function lifeOf(scraped: readonly ScrapedInstance[]): string {
  const known = scraped.flatMap(({ uptime }) => (uptime === undefined ? [] : [uptime]));
  const longest = known.length === scraped.length ? `, ${inWords(Math.max(...known))} at most` : '';
  const instances = scraped.length === 1 ? 'the instance' : `${scraped.length} instances`;
  return `over the life of ${instances}${longest}`;
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
