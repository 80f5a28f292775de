import type { Instance } from '../../domain/versions/pins.ts';
import { type Distribution, distributionOf, quantileOf } from './distribution.ts';
import { type Exposition, totalOf } from './exposition.ts';

/** A good scrape of one instance. */
export interface ScrapedInstance {
  readonly instance: Instance;
  readonly exposition: Exposition;
  /** Life of its process at the scrape, in seconds; none where its start is not known. */
  readonly uptime?: number;
}

/** A number that one scrape of the instances gives, or why it gives none. `isRecent`: it is of the last minute, not of their life. */
export type Measured =
  | { readonly value: number; readonly samples?: number; readonly isRecent?: true }
  | { readonly why: string };

/** How a number is read from one scrape of each instance: over the life of their processes, as nothing else is in it. */
export type Measure = (scraped: readonly ScrapedInstance[]) => Measured;

/** One counter over another. What is absent has not been counted (service contract, 6.3). */
export function shareOf(part: string, whole: string): Measure {
  const quotient = quotientOf(part, whole);
  return (scraped) => {
    const measured = quotient(scraped);
    return 'value' in measured ? { ...measured, value: Math.min(1, measured.value) } : measured;
  };
}

/** As `shareOf`, of what may be more than the whole. */
export function quotientOf(part: string, whole: string): Measure {
  return (scraped) => {
    const [some, all] = [total(scraped, part), total(scraped, whole)];
    if (all === 0) return { why: `nothing has been counted yet (${whole})` };
    return { value: some / all, samples: all };
  };
}

/**
 * What a counter has grown by a second. A counter alone has no time: the life of each process is needed, so that an
 * instance that is not known to have begun leaves it open.
 */
export function perSecondOf(counter: string, beside: string): Measure {
  return (scraped) => {
    const unknown = scraped.find(({ uptime }) => uptime === undefined);
    if (unknown) return { why: `when ${unknown.instance.name} began is not known` };
    const rates = scraped.map((one) => total([one], counter) / Math.max(1, one.uptime ?? 1));
    return { value: rates.reduce((sum, rate) => sum + rate, 0), samples: total(scraped, beside) };
  };
}

/** The mean duration. */
export function meanOf(family: string): Measure {
  return (scraped) => {
    const all = distributions(scraped, family);
    const count = all.reduce((sum, one) => sum + one.count, 0);
    if (count <= 0) return { why: 'nothing has been counted yet' };
    return { value: all.reduce((sum, one) => sum + one.sum, 0) / count, samples: count };
  };
}

/** A quantile of the durations. */
export function quantileAt(family: string, q: number): Measure {
  return (scraped) => quantileOf(distributions(scraped, family), q);
}

function distributions(scraped: readonly ScrapedInstance[], family: string): readonly Distribution[] {
  return scraped.flatMap(({ exposition }) => distributionOf(exposition, family) ?? []);
}

function total(scraped: readonly ScrapedInstance[], name: string): number {
  return scraped.reduce((sum, { exposition }) => sum + (totalOf(exposition, name) ?? 0), 0);
}
